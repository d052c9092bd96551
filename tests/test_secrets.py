"""What is kept of secrets: sealed where it can be shown again, a digest elsewhere (authentication.md
2.1, 2.7; case 65, 85)."""

import base64
import re
import sqlite3

import psycopg
import pytest
import requests

from app_client import AppClient
from mail_server import MailServer, token_of
from server_process import ADMIN_EMAIL, PASSWORD, free_port

NEWCOMER = "eve@example.com"


@pytest.fixture(scope="module")
def mail():
    """The mail server."""
    server = MailServer(free_port())
    yield server
    server.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def sealed(make_server, mail, request):
    """A server that sends mail."""
    options = ["--smtp-url", mail.url, "--mail-from", "weighbridge@example.com"]
    return make_server(request.param, options)


def control(server, statement):
    """Runs a statement on the control database, past the server; gives its rows."""
    if server._database:
        with psycopg.connect(server._database[1], autocommit=True) as connection:
            cursor = connection.execute(f"SET search_path TO control; {statement}")
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else cursor.rowcount
    with sqlite3.connect(server.data_dir / "control.db", timeout=10) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def test_case_65_a_sealed_text_in_another_row_does_not_open(sealed):
    admin = AppClient(sealed.url, ADMIN_EMAIL, PASSWORD)
    made = {}
    for name in ("first", "second"):
        answer = admin.request("POST", "/keys", {"environment": "test", "name": name})
        assert answer.status_code == 201, answer.text
        made[name] = answer.json()
    moved = control(
        sealed,
        "UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE name = 'first')"
        " WHERE name = 'second'",
    )
    assert moved == 1
    refused = admin.request("POST", f"/keys/{made['second']['key']['key_id']}/reveal")
    assert (refused.status_code, refused.json()["code"]) == (410, "key_not_revealable")
    for one in made.values():
        assert one["text"] not in refused.text
    alarms = [line for line in sealed.log().splitlines() if "does not open" in line]
    assert len(alarms) == 1 and "ERROR" in alarms[0], sealed.log()
    # Nothing else is the matter with either.
    shown = admin.post(f"/keys/{made['first']['key']['key_id']}/reveal")
    assert shown["key"] == made["first"]["text"]
    for one in made.values():
        answer = requests.get(f"{sealed.url}/v1/projects", auth=(one["text"], ""), timeout=30)
        assert answer.status_code == 200


def forms(secret):
    """How a secret could stand in a dump."""
    raw = secret.encode()
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"=")]


def dump(server):
    """All of control, as text and as bytes, by place."""
    places = {
        str(path): path.read_bytes()
        for path in server.data_dir.rglob("*")
        if path.is_file() and path.name != "secrets.toml"
    }
    if server._database:
        with psycopg.connect(server._database[1]) as connection:
            tables = connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'control'"
            ).fetchall()
            for (table,) in tables:
                rows = connection.execute(f"SELECT t::text FROM control.{table} t").fetchall()
                text = "\n".join(row for (row,) in rows)
                raw = b"".join(bytes.fromhex(part) for part in re.findall(r"\\x([0-9a-f]+)", text))
                places[table] = text.encode() + raw
    else:
        with sqlite3.connect(server.data_dir / "control.db") as connection:
            places["text"] = "\n".join(connection.iterdump()).encode()
    assert sum(map(len, places.values())) > 10_000
    return places


def test_case_65_85_a_dump_of_control_holds_no_secret(sealed, mail):
    browser = requests.Session()
    browser.headers["Origin"] = sealed.url
    body = {"email": NEWCOMER, "password": PASSWORD, "company": "New"}
    assert browser.post(f"{sealed.url}/web/sign-up", json=body, timeout=60).status_code == 202
    token = token_of(mail.wait(NEWCOMER, "Confirm your e-mail address"))
    logged_in = browser.post(
        f"{sealed.url}/web/session", json={"email": ADMIN_EMAIL, "password": PASSWORD}, timeout=60
    )
    cookies = logged_in.cookies
    admin = AppClient(sealed.url, ADMIN_EMAIL, PASSWORD)
    made = admin.request("POST", "/keys", {"environment": "live", "name": "kept"}).json()
    secrets = {
        **{name: text for name, text in sealed.bootstrap.items() if name.endswith("_key")},
        "a new key": made["text"],
        "a session id": cookies["wb_session"],
        "a device": cookies["wb_device"].split(".")[-1],
        "a mail token": token,
        "a password": PASSWORD,
    }
    for place, content in dump(sealed).items():
        for what, secret in secrets.items():
            assert not [form for form in forms(secret) if form in content], f"{place} holds {what}"
    # The search finds what is there: the address and the key's hint are no secrets.
    everything = b"".join(dump(sealed).values())
    assert any(form in everything for form in forms(NEWCOMER))

    # What the dump has of sessions does not log in.
    digests = control(sealed, "SELECT session_digest FROM sessions")
    assert digests
    for (digest,) in digests:
        value = base64.urlsafe_b64encode(bytes(digest)).rstrip(b"=").decode()
        answer = requests.get(
            f"{sealed.url}/web/session", cookies={"wb_session": value}, timeout=30
        )
        assert answer.status_code == 401


def test_case_26_a_password_sent_to_the_api_is_logged_nowhere(sealed):
    for password in (PASSWORD, "a wrong password of hers"):
        answer = requests.get(f"{sealed.url}/v1/projects", auth=(ADMIN_EMAIL, password), timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_api_key")
        assert password not in answer.text
        assert password not in sealed.log_path.read_text(errors="replace")
    AppClient(sealed.url, ADMIN_EMAIL, PASSWORD)


@pytest.mark.parametrize("place", ["query", "header", "body", "password"])
def test_case_15_22_a_key_in_the_wrong_place_is_logged_nowhere(sealed, place):
    key, live = sealed.bootstrap["test_api_key"], sealed.bootstrap["live_api_key"]
    options = {
        "query": {"params": {"api_key": live, "key": live}},
        "header": {"headers": {"X-API-Key": live, "Api-Key": live}},
        "body": {"json": {"api_key": live}},
        "password": {"auth": (key, live)},
    }[place]
    answer = requests.get(f"{sealed.url}/v1/projects", timeout=30, **options)
    if place == "password":
        assert (answer.status_code, answer.headers["Weighbridge-Mode"]) == (200, "test")
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "missing_api_key")
    assert live not in answer.text
    assert live not in sealed.log_path.read_text(errors="replace")
