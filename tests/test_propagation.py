"""Changes to keys with several processes on one PostgreSQL: authentication.md 2.3 and 4b, with real
processes, a broken network and `kill -9`."""

import base64
import json
import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import pytest
import requests

from app_client import AppClient
from canary import CANARY
from server_process import ADMIN_EMAIL, BINARY, PASSWORD, ServerProcess, free_port
from tcp_proxy import TcpProxy

IN_FORCE_SECONDS = 2
MAX_STALENESS_SECONDS = 10
ROUNDS = 100
TASK = {"attachment": "A wagon", "attachment_type": "text", "categories": ["full", "empty"]}


@dataclass
class Pair:
    """P1 and P2 on one PostgreSQL; P2 reaches the control database through a proxy."""

    database: str
    p1: ServerProcess
    p2: ServerProcess
    proxy: TcpProxy

    def run(self, *arguments, stdin=None):
        """Runs a command on P1's database; gives what it prints with `--json`, and checks that it
        took no longer than a change may."""
        noun, verb, *rest = arguments
        started = time.monotonic()
        done = subprocess.run(
            [
                BINARY, noun, verb, "--data-dir", self.p1.data_dir, "--database", self.database,
                "--database-connections", "1", *rest, "--json",
            ],
            input=stdin, cwd=self.p1.folder, capture_output=True, text=True, timeout=60, check=False,
            env={name: value for name, value in os.environ.items() if "WEIGHBRIDGE" not in name},
        )
        assert done.returncode == 0, done.stderr
        CANARY.add_keys(done.stdout)
        return {**json.loads(done.stdout), "seconds": time.monotonic() - started}

    def create(self, mode="live"):
        """Makes a key that is in force in both."""
        made = self.run("key", "create", "--mode", mode)
        assert (made["confirmed_by"], made["unconfirmed"]) == (2, 0), made
        return made

    def sql(self, statement, *parameters):
        """Runs a statement by the back door; gives its rows."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []


def status_of(server, key, **options):
    return requests.get(f"{server.url}/v1/projects", auth=(key, ""), timeout=20, **options)


def is_revoked(server, key):
    answer = status_of(server, key)
    if answer.status_code == 200:
        return False
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "revoked_api_key"
    assert re.search(r"revoked .*20\d\d-", answer.json()["error"]), answer.text
    return True


def wait_until(condition, seconds, what):
    """Asks again and again; gives how long it took."""
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        assert waited < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - started


def metric(server, name):
    text = requests.get(f"http://127.0.0.1:{server.metrics_port}/metrics", timeout=10).text
    return int(re.search(rf"^weighbridge_{name} (\S+)$", text, re.MULTILINE)[1])


def readiness(server):
    return requests.get(f"{server.url}/readyz", timeout=20).status_code


def make_process(folder, database, *further):
    metrics_port = free_port()
    options = ["--metrics-listen", f"127.0.0.1:{metrics_port}", "--database-connections", "3"]
    server = ServerProcess(folder, database, [*options, *further])
    server.metrics_port = metrics_port
    return server


@pytest.fixture
def pair(tmp_path_factory, fresh_database):
    """Two processes that have seen each other."""
    database = fresh_database()
    p1 = make_process(tmp_path_factory.mktemp("p1"), database)
    p1.make_account()
    proxy, through = TcpProxy.before(database)
    p2 = make_process(
        tmp_path_factory.mktemp("p2"), through, "--secrets-file", p1.data_dir / "secrets.toml",
        "--live-database", database, "--test-database", database,
    )
    p2.bootstrap = p1.bootstrap
    p1.start()
    p2.start()
    pair = Pair(database, p1, p2, proxy)
    wait_until(
        lambda: pair.sql("SELECT count(*) FROM control.processes") == [(2,)], 5, "both are listed"
    )
    yield pair
    proxy.mend()
    codes = [server.stop() for server in (p2, p1) if server.is_running]
    proxy.close()
    assert not any(codes), p1.log() + p2.log()


def test_case_29_a_new_key_is_usable_everywhere_when_it_is_shown(pair):
    for _ in range(10):
        made = pair.create("test")
        assert made["seconds"] < IN_FORCE_SECONDS
        assert status_of(pair.p1, made["key"]).status_code == 200
        assert status_of(pair.p2, made["key"]).status_code == 200


def test_case_30_31_a_revocation_is_told_when_both_refuse_the_key_in_each_of_100_rounds(pair):
    for number in range(ROUNDS):
        made = pair.create()
        assert status_of(pair.p2, made["key"]).status_code == 200
        revoked = pair.run("key", "revoke", made["key_id"])
        assert is_revoked(pair.p1, made["key"]), f"round {number}"
        assert is_revoked(pair.p2, made["key"]), f"round {number}"
        assert revoked["revoked"] is True
        assert (revoked["confirmed_by"], revoked["unconfirmed"]) == (2, 0), revoked
        assert revoked["seconds"] < IN_FORCE_SECONDS, f"round {number}"


@pytest.mark.parametrize("mode", ["live", "test"])
def test_case_32_a_write_in_flight_leaves_nothing_after_a_revocation(pair, mode):
    made = pair.create(mode)
    answers = []

    def post():
        answers.append(
            requests.post(
                f"{pair.p1.url}/v1/task/categorization", auth=(made["key"], ""), timeout=60,
                json={**TASK, "callback_url": "http://127.0.0.1:18999/"},
            )
        )

    with psycopg.connect(pair.database) as holder:
        holder.execute(f"LOCK TABLE {mode}.tasks IN ACCESS EXCLUSIVE MODE")
        poster = threading.Thread(target=post)
        poster.start()
        wait_until(
            lambda: pair.sql(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO tasks%%'"
            ) == [(1,)] or answers,
            10, "the task's transaction waits",
        )
        assert not answers, answers[0].text
        revoked = pair.run("key", "revoke", made["key_id"])
        assert (revoked["confirmed_by"], revoked["unconfirmed"]) == (2, 0)
        assert not answers
    poster.join(30)
    (answer,) = answers
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "revoked_api_key"
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    for table in ("tasks", "charges", "callbacks"):
        assert pair.sql(f"SELECT count(*) FROM {mode}.{table}") == [(0,)], table
    assert pair.p1.api(mode, "POST", "/task/categorization", json=TASK).status_code == 200


def test_case_33_without_notifications_the_poll_tells_and_then_a_snapshot(pair):
    made = [pair.create() for _ in range(8)]
    snapshots = metric(pair.p2, "feed_snapshots_total")
    pair.proxy.take_new(False)
    ended = pair.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query LIKE 'LISTEN%%' AND client_port = ANY(%s)",
        pair.proxy.ports(),
    )
    assert ended == [(True,)]
    hints = metric(pair.p2, "feed_hints_total")
    for one in made[:2]:
        revoked = pair.run("key", "revoke", one["key_id"])
        assert (revoked["confirmed_by"], revoked["unconfirmed"]) == (2, 0), revoked
        assert is_revoked(pair.p2, one["key"])
    assert metric(pair.p2, "feed_hints_total") == hints
    assert metric(pair.p2, "feed_snapshots_total") == snapshots

    pair.proxy.mend()
    wait_until(
        lambda: metric(pair.p2, "feed_snapshots_total") == snapshots + 1, 10, "a snapshot is taken"
    )
    # By the poll alone each would take half a second on average.
    started = time.monotonic()
    hints = metric(pair.p2, "feed_hints_total")
    for number, one in enumerate(made[2:]):
        assert pair.run("key", "revoke", one["key_id"])["unconfirmed"] == 0
        assert is_revoked(pair.p2, one["key"])
        assert metric(pair.p2, "feed_hints_total") > hints + number
    assert metric(pair.p2, "feed_snapshots_total") == snapshots + 1
    assert time.monotonic() - started < len(made[2:]) * 0.9


@pytest.mark.parametrize("harm", ["cut", "freeze"])
def test_case_34_a_process_that_is_cut_off_admits_no_key_after_10_seconds(pair, harm):
    live, test = pair.create("live"), pair.create("test")
    getattr(pair.proxy, harm)()
    revoked = pair.run("key", "revoke", live["key_id"])
    assert (revoked["confirmed_by"], revoked["unconfirmed"]) == (1, 1)
    by = datetime.fromisoformat(revoked["in_force_everywhere_by"])
    assert 0 < (by - datetime.now(UTC)).total_seconds() <= MAX_STALENESS_SECONDS
    assert is_revoked(pair.p1, live["key"])

    while (answer := status_of(pair.p2, live["key"])).status_code == 200:
        assert datetime.now(UTC) <= by, "the key is admitted after the time that was told"
        time.sleep(0.02)
    for key in (live["key"], test["key"], pair.p1.bootstrap["live_api_key"]):
        answer = status_of(pair.p2, key)
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] == "authentication_unavailable"
        assert answer.headers["Retry-After"] == "1"
        assert "WWW-Authenticate" not in answer.headers
    assert requests.get(f"{pair.p2.url}/v1/projects", timeout=20).status_code == 401
    assert readiness(pair.p2) == 503
    assert requests.get(f"{pair.p2.url}/healthz", timeout=20).status_code == 200
    assert readiness(pair.p1) == 200
    assert status_of(pair.p1, test["key"]).status_code == 200

    pair.proxy.mend()
    wait_until(lambda: readiness(pair.p2) == 200, 20, "P2 is ready again")
    assert is_revoked(pair.p2, live["key"])
    assert status_of(pair.p2, test["key"]).status_code == 200


def test_cases_31_34_three_servers_one_of_them_cut_off(pair, tmp_path_factory):
    """Revoked on the page: the receipt says where it is in force, with all there and with one cut
    off, which then refuses by itself."""
    p3 = make_process(
        tmp_path_factory.mktemp("p3"), pair.database,
        "--secrets-file", pair.p1.data_dir / "secrets.toml",
    )
    p3.bootstrap = pair.p1.bootstrap
    p3.start()
    try:
        servers = [pair.p1, pair.p2, p3]
        listed = "SELECT count(*) FROM control.processes"
        wait_until(lambda: pair.sql(listed) == [(3,)], 5, "all three are listed")
        admin = AppClient(pair.p1.url, ADMIN_EMAIL, PASSWORD)

        def create(name):
            body = {"environment": "live", "name": name}
            answer = admin.request("POST", "/keys", body)
            assert answer.status_code == 201, answer.text
            CANARY.add_keys(answer.text)
            return answer.json()

        made = create("all there")
        assert all(status_of(server, made["text"]).status_code == 200 for server in servers)
        receipt = admin.post(f"/keys/{made['key']['key_id']}/revoke")["receipt"]
        assert (receipt["confirmed_by"], receipt["unconfirmed"]) == (3, 0)
        assert all(is_revoked(server, made["text"]) for server in servers)

        made = create("one cut off")
        pair.proxy.cut()
        started = time.time()
        receipt = admin.post(f"/keys/{made['key']['key_id']}/revoke")["receipt"]
        assert (receipt["confirmed_by"], receipt["unconfirmed"]) == (2, 1)
        by = datetime.fromisoformat(receipt["in_force_everywhere_by"]).timestamp()
        assert by - started < MAX_STALENESS_SECONDS + IN_FORCE_SECONDS
        assert is_revoked(pair.p1, made["text"])
        assert is_revoked(p3, made["text"])
        wait_until(
            lambda: status_of(pair.p2, made["text"]).status_code == 503,
            MAX_STALENESS_SECONDS + IN_FORCE_SECONDS,
            "the one that is cut off refuses every key",
        )
        assert time.time() < by + IN_FORCE_SECONDS
        pair.proxy.mend()
        wait_until(lambda: readiness(pair.p2) == 200, 10, "the one that was cut off is back")
        assert is_revoked(pair.p2, made["text"])
    finally:
        assert p3.stop() == 0, p3.log()


def test_a_process_that_slept_does_not_wake_up_trusting(pair):
    pair.p2.stop()
    pair.p2.options += ["--max-staleness-seconds", "2"]
    pair.p2.start()
    live = pair.create("live")
    pair.p2.pause()
    try:
        revoked = pair.run("key", "revoke", live["key_id"])
        assert (revoked["confirmed_by"], revoked["unconfirmed"]) == (1, 1)
        time.sleep(0.5)  # With the wait for P2: longer than what P2 knows is good for.
    finally:
        pair.p2.pause(False)
    assert status_of(pair.p2, live["key"]).status_code in (401, 503)
    wait_until(lambda: readiness(pair.p2) == 200, 10, "P2 is ready again")
    assert is_revoked(pair.p2, live["key"])


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_case_38_what_was_answered_survives_kill_9_of_all(engine, request):
    if engine == "postgres":
        pair = request.getfixturevalue("pair")
        servers, run = [pair.p1, pair.p2], pair.run
    else:
        server = request.getfixturevalue("make_server")("sqlite")
        servers = [server]

        def run(noun, verb, *arguments):
            done = server.command(f"{noun} {verb}", *arguments, "--json")
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

    for _ in range(3):
        made = run("key", "create", "--mode", "live")
        for server in servers:
            server.kill()
        for server in servers:
            server.start()
            assert status_of(server, made["key"]).status_code == 200
        run("key", "revoke", made["key_id"])
        for server in servers:
            server.kill()
        for server in servers:
            server.start()
            assert is_revoked(server, made["key"])


def test_a_process_that_stops_is_no_longer_waited_for(pair):
    assert pair.p2.stop() == 0
    assert pair.sql("SELECT count(*) FROM control.processes") == [(1,)]
    made = pair.run("key", "create", "--mode", "live")
    assert (made["confirmed_by"], made["unconfirmed"]) == (1, 0)
    assert pair.p1.stop() == 0
    revoked = pair.p1.command("key revoke", made["key_id"])
    assert revoked.returncode == 0, revoked.stderr
    assert "No server runs" in revoked.stdout


def test_case_40_another_secrets_file_is_refused_by_its_entry(pair):
    assert pair.p2.stop() == 0
    secrets = pair.p1.data_dir / "secrets.toml"
    other = pair.p2.folder / "other.toml"
    other.write_text(with_pepper(secrets.read_text(), 1, replace=True))
    other.chmod(0o600)
    done = pair.p1.command("serve", "--listen", "127.0.0.1:0", "--secrets-file", other)
    assert done.returncode == 1
    assert "pepper" in done.stderr
    for line in secrets.read_text().splitlines():
        if value := re.match(r'value = "(.+)"', line):
            assert value[1] not in done.stderr
    pair.p2.start()


def with_pepper(text, version, replace=False):
    """A secrets file's text with a pepper of this version: in place of that one, or added."""
    value = base64.b64encode(os.urandom(32)).decode()
    entry = f'[[pepper]]\nversion = {version}\nvalue = "{value}"\n'
    if replace:
        text = without_pepper(text, version)
    return f"{text}\n{entry}"


def without_pepper(text, version):
    text, count = re.subn(rf'\[\[pepper\]\]\nversion = {version}\nvalue = "[^"]+"\n', "", text)
    assert count == 1
    return text


class Load:
    """Requests with some keys to whichever processes are up, as behind a balancer."""

    def __init__(self, servers, keys):
        self._keys = keys
        self._lock = threading.Lock()
        self._up = list(servers)
        self._is_over = False
        self.answers = 0
        self.bad = []
        self._threads = [threading.Thread(target=self._run, args=(key,)) for key in keys]
        for thread in self._threads:
            thread.start()

    def _run(self, key):
        while not self._is_over:
            with self._lock:
                servers = list(self._up)
            for server in servers:
                try:
                    answer = status_of(server, key)
                except requests.ConnectionError:
                    if server in self._up:
                        raise
                    continue  # It was taken out in between.
                with self._lock:
                    self.answers += 1
                    if answer.status_code != 200:
                        self.bad.append((server.port, key[-4:], answer.text))

    def restart(self, server):
        """Takes a process out, restarts it, puts it in again."""
        with self._lock:
            self._up.remove(server)
        assert server.stop() == 0
        server.start()
        with self._lock:
            self._up.append(server)

    def wait_for_more(self, count):
        wanted = self.answers + count
        wait_until(lambda: self.answers >= wanted or self.bad, 60, f"{count} more answers")

    def end(self):
        self._is_over = True
        for thread in self._threads:
            thread.join(30)
        assert not self.bad, self.bad[:3]


def test_case_40_a_newer_pepper_comes_by_restarts_one_by_one_under_load(pair):
    pair.run("key", "import", "--mode", "live", "--allow-weak", stdin="live_ScaleRocks\n")
    secrets = pair.p1.data_dir / "secrets.toml"
    keys = ["live_ScaleRocks", pair.create("live")["key"], pair.p1.bootstrap["test_api_key"]]
    versions = "SELECT DISTINCT digest_version FROM control.keys ORDER BY digest_version"
    imported = "SELECT digest_version FROM control.keys WHERE name = 'imported'"
    load = Load([pair.p1, pair.p2], keys)
    try:
        load.wait_for_more(30)
        secrets.write_text(with_pepper(secrets.read_text(), 2))
        load.restart(pair.p1)
        assert pair.sql(versions) == [(1,), (2,)]
        assert pair.sql(imported) == [(1,)]
        load.wait_for_more(60)
        # Its end writes the uses down, and with them the digest; P2 has the older pepper alone.
        load.restart(pair.p1)
        assert pair.sql(imported) == [(2,)]
        load.wait_for_more(60)
        load.restart(pair.p2)
        load.wait_for_more(60)
        assert pair.sql(versions) == [(2,)]

        secrets.write_text(without_pepper(secrets.read_text(), 1))
        pair.sql("DELETE FROM control.secret_fingerprints WHERE entry = 'pepper' AND version = 1")
        load.restart(pair.p1)
        load.restart(pair.p2)
        load.wait_for_more(60)
    finally:
        load.end()
