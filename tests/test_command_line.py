"""The command line is a contract (design.md part 4): what programs and operators rely on."""

import json
import re

import pytest
import requests

from app_client import AppClient
from server_process import (
    ADMIN_EMAIL,
    PASSWORD,
    ServerProcess,
    dev_server,
    free_port,
    run_command,
)


@pytest.fixture
def fresh(tmp_path):
    """A server with an account that has not been started."""
    server = ServerProcess(tmp_path)
    server.make_account()
    yield server
    if server.is_running:
        server.stop()


def test_bootstrap_prints_account_user_keys_and_signing_secrets_as_json(fresh):
    assert sorted(fresh.bootstrap) == [
        "account_id",
        "live_api_key",
        "live_callback_auth_key",
        "live_callback_signing_secret",
        "test_api_key",
        "test_callback_auth_key",
        "test_callback_signing_secret",
        "user_id",
    ]
    for name in ("account_id", "user_id"):
        assert re.fullmatch("[0-9a-f]{24}", fresh.bootstrap[name]), name
    assert fresh.bootstrap["live_api_key"].startswith("live_")
    assert fresh.bootstrap["test_api_key"].startswith("test_")
    keys = [text for name, text in fresh.bootstrap.items() if name.endswith("_key")]
    assert len(set(keys)) == 4
    secrets = [text for name, text in fresh.bootstrap.items() if name.endswith("_signing_secret")]
    assert len(set(secrets)) == 2
    assert all(re.fullmatch("whsec_[0-9A-Za-z+/]{43}=", secret) for secret in secrets)


def test_bootstrap_refuses_a_second_account(fresh):
    done = fresh.command(
        "bootstrap", "--email", "eve@example.com", "--company", "Other", "--json", password=PASSWORD
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "account already" in done.stderr


def test_bootstrap_without_a_password_says_where_to_give_it(tmp_path):
    done = ServerProcess(tmp_path).command(
        "bootstrap", "--email", ADMIN_EMAIL, "--company", "Acme", "--json"
    )
    assert done.returncode == 1
    assert "WEIGHBRIDGE_PASSWORD" in done.stderr


def test_no_key_or_password_lies_in_the_data_folder_in_plain_text(fresh):
    secrets = [text for name, text in fresh.bootstrap.items() if name.endswith("_key")]
    for path in fresh.data_dir.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in [*secrets, PASSWORD]:
            assert secret.encode() not in content, f"{path} holds a secret"


def test_data_folder_is_its_owners_alone(fresh):
    assert fresh.data_dir.stat().st_mode & 0o077 == 0


def test_second_serve_on_the_same_folder_is_refused(fresh):
    fresh.start()
    second = run_command(
        "serve", "--data-dir", fresh.data_dir, "--listen", f"127.0.0.1:{free_port()}",
        folder=fresh.folder,
    )
    assert second.returncode == 1
    assert str(fresh.data_dir) in second.stderr
    assert requests.get(f"{fresh.url}/healthz", timeout=5).status_code == 200


def test_serve_on_a_taken_port_is_refused(fresh, tmp_path_factory):
    fresh.start()
    other = ServerProcess(tmp_path_factory.mktemp("other"))
    done = run_command(
        "serve", "--data-dir", other.data_dir, "--listen", f"127.0.0.1:{fresh.port}",
        folder=other.folder,
    )
    assert done.returncode == 1
    assert f"127.0.0.1:{fresh.port}" in done.stderr


def test_serve_is_ready_and_stops_with_0_on_sigterm(fresh):
    fresh.start()
    assert requests.get(f"{fresh.url}/readyz", timeout=5).status_code == 200
    assert fresh.stop() == 0


@pytest.mark.parametrize("role", ["admin", "manager", "member", "labeler"])
def test_user_add_makes_a_person_who_can_log_in(fresh, role):
    email = f"{role}@example.com"
    fresh.add_user(email, role, "another good password")
    fresh.start()
    session = AppClient(fresh.url, email, "another good password").session
    assert session["user"]["email"] == email
    assert session["user"]["role"] == role


def test_user_add_refuses_an_address_twice(fresh):
    fresh.add_user("mia@example.com", "member")
    done = fresh.command(
        "user add", "--email", "MIA@example.com", "--role", "member", password=PASSWORD
    )
    assert done.returncode == 1
    assert "mia@example.com" in done.stderr


def test_user_add_refuses_an_unknown_role_as_wrong_usage(fresh):
    done = fresh.command("user add", "--email", "x@example.com", "--role", "king", password=PASSWORD)
    assert done.returncode == 2
    for role in ("admin", "manager", "member", "labeler"):
        assert role in done.stderr


def test_config_tells_each_value_and_its_origin(tmp_path):
    (tmp_path / "weighbridge.toml").write_text('public_url = "https://label.example.com"\n')
    done = run_command(
        "config", "--json", "--data-dir", "somewhere", "--database", "postgres://u:hunter2@db/x",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    config = json.loads(done.stdout)
    assert config["data_dir"] == {"value": "somewhere", "origin": "command line"}
    assert config["listen"] == {"value": "127.0.0.1:8080", "origin": "default"}
    assert config["public_url"]["value"] == "https://label.example.com"
    assert "weighbridge.toml" in config["public_url"]["origin"]
    assert "hunter2" not in done.stdout


def test_unknown_setting_in_the_file_is_refused_by_name(tmp_path):
    (tmp_path / "weighbridge.toml").write_text("lissen = 1\n")
    done = run_command("config", folder=tmp_path)
    assert done.returncode == 1
    assert "lissen" in done.stderr


def test_openapi_prints_a_document_of_the_served_api(tmp_path):
    done = run_command("openapi", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["openapi"].startswith("3.1.")
    for path in ("/v1/tasks", "/v1/batches", "/v1/projects"):
        assert path in document["paths"], path


def test_openapi_is_what_the_server_serves(fresh):
    printed = json.loads(run_command("openapi", folder=fresh.folder).stdout)
    fresh.start()
    assert requests.get(f"{fresh.url}/openapi.json", timeout=5).json() == printed


@pytest.mark.parametrize(
    "arguments", [["serve", "--no-such-option"], ["no-such-command"], []], ids=str
)
def test_wrong_usage_exits_with_2_and_prints_nothing_on_standard_output(tmp_path, arguments):
    done = run_command(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage" in done.stderr


def test_migrate_may_be_run_again(fresh):
    for _ in range(2):
        done = fresh.command("migrate")
        assert done.returncode == 0, done.stderr


def test_dev_prints_log_ins_and_keys_that_work_and_keeps_them_over_restarts(tmp_path):
    keys = []
    for _ in range(2):
        with dev_server(tmp_path) as (url, printed):
            assert url in printed
            keys.append(re.search(r"Live API key +(live_\S+)", printed)[1])
            photo = re.search(r"http://\S+/samples/\S+\.jpg", printed)[0]
            assert requests.get(photo, timeout=5).headers["content-type"] == "image/jpeg"
            people = re.findall(r"(\S+@\S+) +password (\S+)", printed)
            assert len(people) == 2
            for email, password in people:
                AppClient(url, email, password)
            tasks = requests.get(f"{url}/v1/tasks", auth=(keys[-1], ""), timeout=5).json()
            assert tasks["total"] > 0
            assert {task["status"] for task in tasks["docs"]} == {"pending"}
    assert keys[0] == keys[1]
    assert (tmp_path / ".weighbridge").is_dir()


# --- Without a terminal (I16) ---

# Name, arguments, members of what it prints; they run in this order on one folder.
COMMANDS = [
    ("bootstrap", ["--email", ADMIN_EMAIL, "--company", "Acme"], {"account_id", "live_api_key"}),
    ("migrate", [], {"control", "live", "test"}),
    ("user add", ["--email", "mia@example.com", "--role", "member"], {"user_id", "email", "role"}),
    ("key create", ["--mode", "test", "--name", "nightly"], {"key_id", "key"}),
    ("key list", [], {"key_id", "environment"}),
    ("key roll", ["KEY"], {"key_id", "key"}),
    ("key revoke", ["KEY"], {"key_id", "revoked"}),
    ("callbacks list", [], set()),
    ("callbacks targets", [], set()),
    ("callbacks replay", ["--since", "1h", "--dry-run"], {"count"}),
    ("doctor", [], {"check"}),
    ("doctor", ["--audit"], {"check"}),
    ("config", [], {"listen", "data_dir"}),
    ("openapi", [], {"openapi", "paths"}),
]


def test_i16_every_command_answers_programs_without_colour_or_prompt(tmp_path):
    key_id, ran = None, set()
    for name, arguments, members in COMMANDS:
        noun = name.split()
        ran.add(noun[0])
        arguments = [key_id if argument == "KEY" else argument for argument in arguments]
        place = [] if name == "openapi" else ["--data-dir", tmp_path / "data"]
        as_json = [] if name == "openapi" else ["--json"]
        done = run_command(*noun, *place, *arguments, *as_json, folder=tmp_path, password=PASSWORD)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert "\x1b" not in done.stdout + done.stderr, name
        # One object, or one a line.
        try:
            objects = [json.loads(done.stdout)]
        except ValueError:
            objects = [json.loads(line) for line in done.stdout.splitlines()]
        assert objects or name in ("callbacks list", "callbacks targets"), name
        for one in objects:
            assert members <= set(one), f"{name}: {one}"
        if name == "key create":
            key_id = objects[0]["key_id"]
        # The same for people.
        if name not in ("bootstrap", "user add", "key create", "key roll", "key revoke"):
            told = run_command(*noun, *place, *arguments, folder=tmp_path, password=PASSWORD)
            assert told.returncode == 0, f"{name}: {told.stderr}"
            assert "\x1b" not in told.stdout + told.stderr, name
    helped = run_command("--help", folder=tmp_path).stdout
    listed = set(re.findall(r"^  (\w+)  ", helped.split("Commands:")[1].split("Options:")[0], re.MULTILINE))
    assert listed - ran == {"dev", "serve", "listen", "help"}, "a command is missing here"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("bootstrap", ["--email", ADMIN_EMAIL, "--company", "Acme"]),
        ("user add", ["--email", "mia@example.com", "--role", "member"]),
        ("key import", ["--mode", "live"]),
    ],
)
def test_i16_what_is_missing_is_an_error_and_no_prompt(fresh, tmp_path_factory, name, arguments):
    folder = fresh.folder if name != "bootstrap" else tmp_path_factory.mktemp("empty")
    # Standard input is empty: a prompt would hang or read nothing.
    done = run_command(*name.split(), "--data-dir", folder / "data", *arguments, folder=folder)
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    assert done.stderr.startswith("error: "), done.stderr
    assert "\x1b" not in done.stderr
