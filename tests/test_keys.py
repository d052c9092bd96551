"""`weighbridge key …` beside a running server: authentication.md 4a and 4b, as far as commands go."""

import json
import subprocess
import time

import pytest
import requests

from canary import CANARY
from server_process import BINARY

# A change by a command is in force within this time (case 39).
IN_FORCE_SECONDS = 1


def status_of(server, key):
    return requests.get(f"{server.url}/v1/projects", auth=(key, ""), timeout=20)


def wait_for_status(server, key, status):
    """Waits until the key gets this status; gives the answer."""
    deadline = time.monotonic() + IN_FORCE_SECONDS
    answer = status_of(server, key)
    while answer.status_code != status and time.monotonic() < deadline:
        answer = status_of(server, key)
    assert answer.status_code == status, answer.text
    return answer


def run(server, *arguments):
    done = server.command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=["sqlite", "postgres"])
def own_server(request, make_server):
    """A server of its own: these tests change its keys."""
    return make_server(request.param)


def test_case_39_a_key_is_usable_and_revoked_within_a_second(own_server):
    made = run(own_server, "key create", "--mode", "test", "--name", "nightly")
    assert (made["confirmed_by"], made["unconfirmed"]) == (1, 0)
    answer = status_of(own_server, made["key"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Weighbridge-Mode"] == "test"
    started = time.monotonic()
    revoked = run(own_server, "key revoke", made["key_id"])
    answer = status_of(own_server, made["key"])
    assert time.monotonic() - started < IN_FORCE_SECONDS
    assert (revoked["revoked"], revoked["confirmed_by"], revoked["unconfirmed"]) == (True, 1, 0)
    assert revoked["in_force_everywhere_by"].endswith("Z")
    assert answer.status_code == 401
    assert answer.json()["code"] == "revoked_api_key"
    second = run(own_server, "key create", "--mode", "test")
    told = own_server.command("key revoke", second["key_id"])
    assert told.stdout.rstrip().endswith("In force in 1 of 1 server."), told.stdout
    again = own_server.command("key revoke", made["key_id"])
    assert again.returncode == 1
    assert "revoked already" in again.stderr


def test_case_36_37_a_rolled_key_works_for_its_overlap(own_server):
    old = run(own_server, "key create", "--mode", "live", "--name", "rolled")
    new = run(own_server, "key roll", old["key_id"])
    wait_for_status(own_server, new["key"], 200)
    assert status_of(own_server, old["key"]).status_code == 200
    twice = own_server.command("key roll", old["key_id"])
    assert twice.returncode == 1
    assert "rolled already" in twice.stderr
    newest = run(own_server, "key roll", new["key_id"], "--overlap", "now")
    wait_for_status(own_server, newest["key"], 200)
    assert wait_for_status(own_server, new["key"], 401).json()["code"] == "expired_api_key"


def test_case_01_an_imported_key_keeps_working(own_server):
    data = ["--data-dir", str(own_server.data_dir), *own_server._database]

    def import_key(text, *options):
        CANARY.add("imported key", text.strip())
        return subprocess.run(
            [BINARY, "key", "import", *data, "--mode", "live", *options],
            input=text, capture_output=True, text=True, timeout=60, check=False,
            cwd=own_server.folder,
        )

    weak = import_key("live_ScaleRocks\n")
    assert weak.returncode == 1
    assert "weak" in weak.stderr
    assert "ScaleRocks" not in weak.stderr
    assert import_key("live_ScaleRocks\n", "--allow-weak").returncode == 0
    answer = wait_for_status(own_server, "live_ScaleRocks", 200)
    assert answer.request.headers["Authorization"] == "Basic bGl2ZV9TY2FsZVJvY2tzOg=="
    assert answer.headers["Weighbridge-Mode"] == "live"
    assert import_key("live_ScaleRocks\n", "--allow-weak").returncode == 1


def test_list_shows_hints_and_no_key(own_server):
    listed = own_server.command("key list")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.splitlines()[0].split()[:3] == ["MODE", "STATE", "KEY"]
    for key in ("live_api_key", "test_api_key", "live_callback_auth_key"):
        assert own_server.bootstrap[key] not in listed.stdout
        assert own_server.bootstrap[key][-4:] in listed.stdout
