"""Delivery when something breaks: processes that die, freeze or stop, and stores that are away
(callbacks.md 3.7, cases 131 to 135)."""

import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
import requests

from callback_receiver import CallbackReceiver
from conftest import DISK_BYTES
from server_process import ServerProcess
from tcp_proxy import TcpProxy

# A dead worker's row goes out again when its lease is over.
LEASE_SECONDS = 60
AGAIN_SECONDS = LEASE_SECONDS + 30
STOP_SECONDS_MAX = 30


@contextmanager
def receiver_of(answer=lambda received: 200):
    receiver = CallbackReceiver(answer)
    yield receiver
    receiver.close()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request):
    return request.param


@pytest.fixture
def make(make_server):
    """Makes servers, and ends what still runs of them."""
    made = []

    def make(*arguments, **options):
        made.append(make_server(*arguments, **options))
        return made[-1]

    yield make
    for server in made:
        if server.is_running:
            server.kill()


def create(server, url, count=1, session=None):
    """Creates test tasks, which complete at once; gives their ids."""
    session = session or requests.Session()
    session.auth = (server.bootstrap["test_api_key"], "")
    ids = []
    for number in range(count):
        answer = session.post(
            f"{server.url}/v1/task/categorization",
            json={
                "attachment": f"Wagon {number}",
                "attachment_type": "text",
                "categories": ["full", "empty"],
                "callback_url": url,
            },
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        ids.append(answer.json()["task_id"])
    return ids


def create_many(server, urls, count):
    """Creates `count` test tasks from four callers, with `urls` in turn."""
    callers = 4
    with ThreadPoolExecutor(callers) as pool:
        parts = pool.map(
            lambda caller: create(server, urls[caller % len(urls)], count // callers),
            range(callers),
        )
        return [task_id for part in parts for task_id in part]


def rows(server, statement):
    """Reads the test database by the back door."""
    if server.database:
        with psycopg.connect(server.database, options="-c search_path=test") as connection:
            return connection.execute(statement).fetchall()
    with sqlite3.connect(f"file:{server.data_dir}/test.db?mode=ro", uri=True) as connection:
        return connection.execute(statement).fetchall()


def wait_until(condition, seconds=30):
    """Waits for a condition that no event tells of."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it does not hold after {seconds} s"
        time.sleep(0.05)


def second_process(server):
    """Another `serve` on the databases of one."""
    other = ServerProcess(server.folder, server.database)
    other.data_dir, other.bootstrap = server.data_dir, server.bootstrap
    other.log_path = server.folder / "second.log"
    return other


class SilentPort:
    """A port whose line is full: connecting to it gets no word until `answer` is called."""

    def __init__(self):
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/callback"
        self._waiting = []
        while self._connect():
            assert len(self._waiting) < 1000, "the line does not fill"

    def _connect(self):
        one = socket.socket()
        one.settimeout(0.5)
        try:
            one.connect(("127.0.0.1", self.port))
        except OSError:
            one.close()
            return False
        self._waiting.append(one)
        return True

    def close(self):
        for one in [*self._waiting, self._listener]:
            one.close()


def test_case_131_a_killed_server_loses_nothing_and_repeats_the_same(make, engine):
    is_killed = threading.Event()

    def until_killed(received):
        # The request's last byte is in; no answer while the first server lives.
        is_killed.wait(60)
        return 200

    server = make(engine)
    silent = SilentPort()
    with receiver_of(until_killed) as unanswered, receiver_of(until_killed) as answered:
        arrived = {"unanswered": [], "answered": []}
        [before_connect] = create(server, silent.url)
        [after_request] = create(server, unanswered.url)
        [after_answer] = create(server, answered.url)
        wait_until(lambda: rows(server, "SELECT count(*) FROM callbacks WHERE state = 'sending'") == [(3,)])
        wait_until(lambda: unanswered.under_way() == 1 and answered.under_way() == 1)
        # The answer leaves the receiver, and the server never comes to read it.
        server.pause()
        is_killed.set()
        answered.wait_for_task(after_answer)
        unanswered.wait_for_task(after_request)
        server.kill()
        silent.close()

        with receiver_at(silent.port) as late:
            server.start()
            late.wait_for_task(before_connect, AGAIN_SECONDS)
            for receiver, task_id in ((unanswered, after_request), (answered, after_answer)):
                receiver.wait_until(lambda: len(receiver.of_task(task_id)) == 2, AGAIN_SECONDS)
                first, second = receiver.of_task(task_id)
                assert first.headers["webhook-id"] == second.headers["webhook-id"]
                assert first.text == second.text
                assert second.headers["weighbridge-attempt"] == "1", "the lost try does not count"
        for task_id in (before_connect, after_request, after_answer):
            wait_until(lambda: server.api("test", "GET", f"/task/{task_id}").json().get("callback_succeeded"))
        outcomes = Counter(outcome for (outcome,) in rows(server, "SELECT outcome FROM callback_attempts"))
        assert outcomes == {"worker_lost": 3, "delivered": 3}
        assert server.stop() == 0


def test_case_132_two_processes_share_the_work_and_one_is_killed(make):
    callbacks = 10_000
    under_way, overlaps, lock = Counter(), [], threading.Lock()

    def watch(received):
        name = received.headers["webhook-id"]
        with lock:
            under_way[name] += 1
            if under_way[name] > 1:
                overlaps.append(name)
        time.sleep(0.002)  # Long enough for a second send of the row to meet this one.
        with lock:
            under_way[name] -= 1
        return 200

    first = make("postgres")
    second = second_process(first)
    second.start()
    try:
        receivers = [CallbackReceiver(watch) for _ in range(4)]
        urls = [receiver.url for receiver in receivers]
        with ThreadPoolExecutor(2) as pool:
            made = [pool.submit(create_many, one, urls, callbacks // 2) for one in (first, second)]
            wait_until(lambda: sum(len(one.received()) for one in receivers) > callbacks // 4, 120)
            wait_until(lambda: all(one.done() for one in made), 120)
            first.kill()
            ids = {task_id for one in made for task_id in one.result()}
        assert len(ids) == callbacks

        def arrived():
            return {one.body["task_id"] for receiver in receivers for one in receiver.received()}

        wait_until(lambda: arrived() >= ids, AGAIN_SECONDS + 60)
        wait_until(
            lambda: rows(second, "SELECT count(*) FROM callbacks WHERE state <> 'delivered'") == [(0,)],
            AGAIN_SECONDS,
        )
        assert not overlaps, f"{len(overlaps)} rows were sent twice at a time"
        for receiver in receivers:
            receiver.close()
    finally:
        assert second.stop() == 0


def test_case_133_a_frozen_process_sends_nothing_late(make):
    is_answering = threading.Event()

    def answer(received):
        is_answering.wait(60)
        return 200

    frozen = make("postgres")
    silent = SilentPort()
    with receiver_of(answer) as receiver:
        [before_connect] = create(frozen, silent.url)
        [after_connect] = create(frozen, receiver.url)
        wait_until(lambda: receiver.under_way() == 1)
        wait_until(lambda: rows(frozen, "SELECT count(*) FROM callbacks WHERE state = 'sending'") == [(2,)])
        frozen.pause()
        is_answering.set()
        silent.close()
        successor = second_process(frozen)
        successor.start()
        try:
            with receiver_at(silent.port) as late:
                late.wait_for_task(before_connect, AGAIN_SECONDS)
                receiver.wait_until(lambda: len(receiver.of_task(after_connect)) == 2, AGAIN_SECONDS)
                delivered = "SELECT count(*) FROM callbacks WHERE state = 'delivered'"
                wait_until(lambda: rows(successor, delivered) == [(2,)])
                frozen.pause(False)
                # It reads the answer that waited for it, and writes that down alone.
                late_one = "SELECT count(*) FROM callback_attempts WHERE detail LIKE '%late%'"
                wait_until(lambda: rows(successor, late_one) != [(0,)])
                assert rows(successor, delivered) == [(2,)]
                assert len(late.of_task(before_connect)) == 1, "the frozen process sent it late"
                assert len(receiver.of_task(after_connect)) == 2
        finally:
            assert successor.stop() == 0
        assert frozen.stop() == 0


def test_case_134_the_store_is_away_and_comes_back(make, fresh_database, tmp_path):
    statuses = {"now": 404}  # An answer, so that no breaker opens.
    proxy, through = TcpProxy.before(fresh_database())
    server = ServerProcess(tmp_path, through)
    server.make_account()
    server.start()
    try:
        with receiver_of(lambda received: statuses["now"]) as receiver:
            ids = create(server, receiver.url, 20)
            receiver.wait_until(lambda: {one.body["task_id"] for one in receiver.received()} == set(ids))
            # Their second tries fall into the time without a store.
            proxy.cut()
            statuses["now"] = 200
            wait_until(lambda: requests.get(f"{server.url}/readyz", timeout=30).status_code == 503)
            before = len(receiver.received())
            time.sleep(20)  # The outage itself, not a wait for something.
            assert len(receiver.received()) == before, "something was sent without a claim"
            proxy.mend()
            delivered = {"callback_succeeded": True}
            for task_id in ids:
                wait_until(
                    lambda: server.api("test", "GET", f"/task/{task_id}").json().items()
                    >= delivered.items(),
                    120,
                )
    finally:
        assert server.stop() == 0
        proxy.close()


def test_case_134_a_full_disk_stops_sending_until_there_is_room(small_disk):
    statuses = {"now": 404}  # An answer, so that no breaker opens.
    subprocess.run(["mount", "-o", f"remount,size={8 * DISK_BYTES}", str(small_disk)], check=True)
    server = ServerProcess(small_disk)
    server.make_account()
    server.start()
    try:
        with receiver_of(lambda received: statuses["now"]) as receiver:
            ids = create(server, receiver.url, 5)
            receiver.wait_until(lambda: {one.body["task_id"] for one in receiver.received()} == set(ids))
            filler = small_disk / "filler"
            with filler.open("wb") as file:
                try:
                    while True:
                        file.write(b"x" * 65_536)
                        file.flush()
                except OSError:
                    pass
            statuses["now"] = 200
            before = len(receiver.received())
            time.sleep(15)  # The time without room: second tries are due in it.
            assert len(receiver.received()) - before <= len(ids), "it was sent again and again"
            filler.unlink()
            for task_id in ids:
                wait_until(
                    lambda: server.api("test", "GET", f"/task/{task_id}").json().get("callback_succeeded"),
                    120,
                )
    finally:
        assert server.stop() == 0


def test_case_135_a_stop_hands_back_what_it_has_not_sent(make, engine):
    is_slow = threading.Event()
    is_slow.set()

    def answer(received):
        if is_slow.is_set():
            time.sleep(10)  # A slow receiver.
        return 200

    server = make(engine)
    receivers = [CallbackReceiver(answer) for _ in range(4)]
    ids = create_many(server, [one.url for one in receivers], 1_000)
    wait_until(lambda: sum(one.under_way() for one in receivers) >= 4 * 8)
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started <= STOP_SECONDS_MAX
    assert rows(server, "SELECT count(*) FROM callbacks WHERE state = 'sending'") == [(0,)]
    is_slow.clear()
    server.start()
    wait_until(
        lambda: rows(server, "SELECT count(*) FROM callbacks WHERE state <> 'delivered'") == [(0,)], 90
    )
    arrived = {one.body["task_id"] for receiver in receivers for one in receiver.received()}
    assert arrived == set(ids)
    for receiver in receivers:
        receiver.close()


@contextmanager
def receiver_at(port):
    """A receiver at a given port."""
    receiver = CallbackReceiver(port=port)
    yield receiver
    receiver.close()
