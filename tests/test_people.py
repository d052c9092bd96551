"""People: sign-up, mail, confirming, reset, log-in under load. A real mail server takes the mail.

Numbers are those of the cases in the reference of authentication.
"""

import re
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from app_client import AppClient
from mail_server import MailServer, link_of, token_of
from server_process import (
    ADMIN_EMAIL,
    PASSWORD,
    REPOSITORY,
    ServerProcess,
    dev_server,
    free_port,
)

NEW_PASSWORD = "an otter in the bathtub"
CONFIRM = "Confirm your e-mail address"
TAKEN = "Somebody tried to sign up with your address"
RESET = "Set a new password"
CHANGED = "Your password was changed"
HASH_BYTES = 46 * 1024 * 1024


@pytest.fixture(scope="module")
def mail():
    """The mail server."""
    server = MailServer(free_port())
    yield server
    server.close()


def mail_options(mail):
    return ["--smtp-url", mail.url, "--mail-from", "Weighbridge <weighbridge@example.com>"]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def people(make_server, mail, request):
    """A server that sends mail and stands behind a proxy on this machine."""
    options = [*mail_options(mail), "--trusted-proxies", "127.0.0.0/8"]
    return make_server(request.param, options)


def post(server, path, body, **headers):
    """What the web app would send; each time from an address of its own, unless one is given."""
    names = {"Origin": server.url, **{name.replace("_", "-"): v for name, v in headers.items()}}
    return requests.post(f"{server.url}/web{path}", json=body, headers=names, timeout=60)


def log_in(server, address, password, **headers):
    return post(server, "/session", {"email": address, "password": password}, **headers)


def new_person(address, company="New Company"):
    return {"email": address, "password": PASSWORD, "company": company}


def test_cases_104_107_sign_up_confirm_log_in_and_both_keys_work(people, mail, unique):
    address = f"{unique('eve').replace(' ', '')}@example.com"
    answer = post(people, "/sign-up", new_person(address))
    assert (answer.status_code, answer.json()) == (202, {"confirm": True})
    letter = mail.wait(address, CONFIRM)
    assert letter["From"] == "Weighbridge <weighbridge@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert log_in(people, address, PASSWORD).status_code == 401

    # A mail scanner opens the link, as often as it likes.
    link = link_of(letter)
    assert link.startswith(f"{people.url}/confirm#")
    for method in ("GET", "HEAD") * 3:
        opened = requests.request(method, link, timeout=30)
        assert opened.status_code == 200
        assert opened.headers["Referrer-Policy"] == "no-referrer"
    confirmed = post(people, "/confirm-email", {"token": token_of(letter)})
    assert (confirmed.status_code, confirmed.json()) == (200, {"email": address})
    again = post(people, "/confirm-email", {"token": token_of(letter)})
    assert (again.status_code, again.json()["code"]) == (410, "link_used")

    person = AppClient(people.url, address, PASSWORD)
    assert person.session["account"]["name"] == "New Company"
    keys = person.get("/keys")["api_keys"]
    assert sorted(key["environment"] for key in keys) == ["live", "test"]
    for key in keys:
        text = person.post(f"/keys/{key['key_id']}/reveal")["key"]
        projects = requests.get(f"{people.url}/v1/projects", auth=(text, ""), timeout=30)
        assert projects.status_code == 200, projects.text
        assert projects.headers["Weighbridge-Mode"] == key["environment"]

    # Once more with the same address: the same answer, and only its owner learns of it.
    answer = post(people, "/sign-up", new_person(address, "Another"))
    assert (answer.status_code, answer.json()) == (202, {"confirm": True})
    mail.wait(address, TAKEN)
    assert person.get("/session")["account"]["name"] == "New Company"


def test_cases_105_106_a_reset_by_mail(people, mail):
    before = AppClient(people.url, ADMIN_EMAIL, PASSWORD)
    answer = post(
        people, "/password-reset", {"email": ADMIN_EMAIL},
        Host="evil.example", X_Forwarded_Host="evil.example", X_Forwarded_Proto="https",
    )
    # A page of another host is none of ours.
    assert answer.status_code == 403
    answer = post(
        people, "/password-reset", {"email": ADMIN_EMAIL},
        Host="evil.example", Origin="http://evil.example", X_Forwarded_Host="evil.example",
    )
    assert (answer.status_code, answer.json()) == (202, {})
    letter = mail.wait(ADMIN_EMAIL, RESET)
    assert link_of(letter).startswith(f"{people.url}/reset#")
    assert "evil.example" not in letter.as_string()
    body = {"token": token_of(letter), "password": NEW_PASSWORD}
    assert post(people, "/password-reset/complete", body).status_code == 200
    mail.wait(ADMIN_EMAIL, CHANGED)
    assert before.request("GET", "/session").status_code == 401
    assert log_in(people, ADMIN_EMAIL, PASSWORD).status_code == 401
    person = AppClient(people.url, ADMIN_EMAIL, NEW_PASSWORD)
    person.post(
        "/profile/password", {"current_password": NEW_PASSWORD, "new_password": PASSWORD}
    )
    mail.wait(ADMIN_EMAIL, CHANGED)
    log = people.log_path.read_text(errors="replace")
    assert token_of(letter) not in log
    assert NEW_PASSWORD not in log


def test_cases_77_85_113_no_secret_is_kept_or_logged(people, mail, unique):
    address = f"{unique('sam').replace(' ', '')}@example.com"
    post(people, "/sign-up", new_person(address))
    token = token_of(mail.wait(address, CONFIRM))
    post(people, "/confirm-email", {"token": token})
    answer = log_in(people, address, PASSWORD)
    cookies = [answer.cookies["wb_session"], answer.cookies["wb_device"].split(".")[2]]
    typed_into_the_wrong_field = "my secret password 7391"
    log_in(people, typed_into_the_wrong_field, "x")
    for _ in range(6):
        log_in(people, address, "wrong horse battery staple")
    secrets = [
        PASSWORD, token, *cookies, typed_into_the_wrong_field, "wrong horse battery staple",
    ]
    places = {"the log": people.log_path.read_bytes()}
    for path in people.data_dir.rglob("*"):
        if path.is_file():
            places[str(path)] = path.read_bytes()
    for place, content in places.items():
        found = [secret for secret in secrets if secret.encode() in content]
        assert not found, f"{place} holds {found}"


def test_mail_waits_for_a_mail_server_that_is_down(make_server):
    port = free_port()
    options = ["--smtp-url", f"smtp://127.0.0.1:{port}", "--mail-from", "weighbridge@example.com"]
    server = make_server(options=options)
    answer = post(server, "/password-reset", {"email": ADMIN_EMAIL})
    assert answer.status_code == 202
    deadline = time.monotonic() + 30
    while "a mail was not sent" not in server.log():
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)
    mail = MailServer(port)
    try:
        body = {"token": token_of(mail.wait(ADMIN_EMAIL, RESET)), "password": NEW_PASSWORD}
        assert post(server, "/password-reset/complete", body).status_code == 200
    finally:
        mail.close()


def test_case_71_log_ins_by_the_hundred_stay_within_memory(people):
    numbers = iter(range(10_000))

    def memory(name):
        status = open(f"/proc/{people.pid}/status", encoding="ascii").read()
        return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024

    def addresses():
        number = next(numbers)
        return f"crowd{number}@example.com", f"10.{number // 250}.{number % 250}.1"

    def try_to_log_in(_):
        address, network = addresses()
        return log_in(people, address, PASSWORD, X_Forwarded_For=network)

    key = people.bootstrap["live_api_key"]
    latencies, stop = [], threading.Event()

    def use_the_api():
        with requests.Session() as session:
            while not stop.is_set():
                started = time.perf_counter()
                answer = session.get(f"{people.url}/v1/projects", auth=(key, ""), timeout=30)
                assert answer.status_code == 200
                latencies.append(time.perf_counter() - started)

    def hang_up(_):
        address, network = addresses()
        body = f'{{"email":"{address}","password":"{PASSWORD}"}}'
        with socket.create_connection(("127.0.0.1", people.port), timeout=30) as connection:
            connection.sendall(
                f"POST /web/session HTTP/1.1\r\nHost: 127.0.0.1:{people.port}\r\n"
                f"Origin: {people.url}\r\nContent-Type: application/json\r\n"
                f"X-Forwarded-For: {network}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )

    # Warm: what a first log-in leaves behind is no rise.
    assert try_to_log_in(0).status_code == 401
    before = memory("VmRSS")
    with open(f"/proc/{people.pid}/clear_refs", "w", encoding="ascii") as peak:
        peak.write("5")
    with ThreadPoolExecutor(201) as pool:
        api = pool.submit(use_the_api)
        answers = list(pool.map(try_to_log_in, range(200)))
        list(pool.map(hang_up, range(200)))
        # Whoever hung up is still counted among those that are hashed.
        while (last := try_to_log_in(0)).status_code == 503:
            time.sleep(0.2)
        stop.set()
        api.result()
    assert last.status_code in (401, 429), last.text
    codes = {code: sum(a.status_code == code for a in answers) for code in (401, 429, 503)}
    assert sum(codes.values()) == 200, [a.text for a in answers if a.status_code >= 500]
    assert codes[503] > 0 and codes[401] > 0, codes
    for answer in answers:
        if answer.status_code != 401:
            assert int(answer.headers["Retry-After"]) > 0
    assert memory("VmHWM") - before <= 5 * HASH_BYTES
    assert latencies


def test_case_90_looking_changes_nothing(make_server):
    """Every address of the app that the source names, by GET, HEAD and OPTIONS."""
    server = make_server()
    person = AppClient(server.url, ADMIN_EMAIL, PASSWORD)
    task = server.api(
        "test", "POST", "/task/categorization",
        json={
            "attachment": "x", "attachment_type": "text", "categories": ["a", "b"],
            "instruction": "?",
        },
    ).json()["task_id"]
    source = REPOSITORY / "crates/weighbridge/src/http"
    paths = set()
    for file in source.rglob("*.rs"):
        paths |= set(re.findall(r'"(/(?:web|samples|healthz|readyz|dev)[^"\s]*)"', file.read_text()))
    assert len(paths) > 20
    values = {
        "mode": "test",
        "task_id": task,
        "session_id": person.get("/sessions")["sessions"][0]["session_id"],
        "key_id": person.get("/keys")["api_keys"][0]["key_id"],
    }

    def dump():
        rows = {}
        for name in ("control", "live", "test"):
            with sqlite3.connect(f"file:{server.data_dir}/{name}.db?mode=ro", uri=True) as database:
                # Processes say that they live, and the log notes what was looked at.
                changing = ("processes", "audit_log", "audit_anchors")
                rows[name] = [
                    row for row in database.iterdump()
                    if not row.startswith(tuple(f'INSERT INTO "{table}"' for table in changing))
                ]
        return rows

    before, shown = dump(), 0
    for path in sorted(paths):
        address = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], "0" * 24), path)
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = person.request_raw(method, address)
            assert answer.status_code < 500, f"{method} {address}: {answer.status_code}"
            shown += method == "GET" and answer.status_code == 200
    assert shown > 10
    # The log alone tells who looked: taking it along leaves an entry in it.
    changed = set()
    for name, rows in dump().items():
        changed |= set(rows) ^ set(before[name])
    others = [row for row in changed if not re.match('INSERT INTO "audit_(log|anchors)"', row)]
    assert others == []
    added = [row for row in changed if row.startswith('INSERT INTO "audit_log"')]
    assert all("audit.export" in row for row in added), added


def test_commands_choose_among_accounts(make_server):
    """With open sign-up there may be several accounts: then a command must say which."""
    server = make_server()
    answer = post(server, "/sign-up", new_person("eve@example.com", "Eve's Dairy"))
    assert answer.status_code == 201, answer.text
    account = answer.json()["account"]["id"]
    add = ("--email", "bob@example.com", "--role", "member", "--json")
    unsaid = server.command("user add", *add, password=PASSWORD)
    assert unsaid.returncode == 1
    assert "--account NAME_OR_ID" in unsaid.stderr
    unknown = server.command("user add", *add, "--account", "Nobody", password=PASSWORD)
    assert unknown.returncode == 1
    added = server.command("user add", *add, "--account", "Eve's Dairy", password=PASSWORD)
    assert added.returncode == 0, added.stderr
    bob = AppClient(server.url, "bob@example.com", PASSWORD)
    assert bob.session["account"]["id"] == account
    for wanted in (account, "Acme"):
        listed = server.command("key list", "--account", wanted)
        assert listed.returncode == 0, listed.stderr
    assert server.command("key list").returncode == 1


def test_dev_shows_the_mail_that_would_have_gone_out(tmp_path, new_page):
    with dev_server(tmp_path) as (url, printed):
        assert f"{url}/dev/mail" in printed
        headers = {"Origin": url}
        answer = requests.post(
            f"{url}/web/sign-up", json=new_person("eve@example.com"), headers=headers, timeout=60
        )
        assert (answer.status_code, answer.json()) == (202, {"confirm": True})
        deadline = time.monotonic() + 30
        while not (mails := requests.get(f"{url}/dev/mail.json", timeout=30).json()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert (mails[0]["to"], mails[0]["subject"]) == ("eve@example.com", CONFIRM)
        page = new_page(f"{url}/dev/mail")
        link = page.get_by_role("link", name=f"{url}/confirm#")
        token = link.get_attribute("href").split("#")[1]
        confirmed = requests.post(
            f"{url}/web/confirm-email", json={"token": token}, headers=headers, timeout=60
        )
        assert confirmed.status_code == 200, confirmed.text
        AppClient(url, "eve@example.com", PASSWORD)


def test_case_78_http_beyond_the_machine_is_warned_of(tmp_path):
    server = ServerProcess(tmp_path)
    server.make_account()
    server.options = ["--public-url", "http://weighbridge.example.com"]
    server.start()
    try:
        assert "without https" in server.log()
    finally:
        server.stop()
