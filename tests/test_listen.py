"""`weighbridge listen`: a program on a developer's machine gets copies of callbacks, over a network that
breaks (callbacks.md part 6, case 149)."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from callback_receiver import CallbackReceiver
from canary import CANARY
from server_process import BINARY
from tcp_proxy import TcpProxy

CALLBACKS = 50


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(make_server, request):
    return make_server(request.param)


@contextmanager
def listener(server, url, forward, tmp_path, mode="test", *options):
    """Runs `listen` until it is connected; gives its log."""
    log = tmp_path / f"listen-{time.monotonic_ns()}.log"
    CANARY.watch(log)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WEIGHBRIDGE_")},
        "WEIGHBRIDGE_API_KEY": server.bootstrap[f"{mode}_api_key"],
        "WEIGHBRIDGE_CALLBACK_AUTH_KEY": server.bootstrap["live_callback_auth_key"],
        "WEIGHBRIDGE_CALLBACK_SIGNING_SECRET": server.bootstrap[f"{mode}_callback_signing_secret"],
    }
    with log.open("wb") as file:
        process = subprocess.Popen(
            [BINARY, "listen", "--url", url, "--forward", forward, "--json", *options],
            env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )
    try:
        wait_for(lambda: "Connected to" in log.read_text(), log)
        yield log
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, log.read_text()


def wait_for(condition, log, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def create(server, number, url="http://127.0.0.1:9999/nobody"):
    task = {
        "attachment": f"Wagon {number}", "attachment_type": "text",
        "categories": ["full", "empty"], "callback_url": url,
    }
    answer = server.api("test", "POST", "/task/categorization", json=task)
    assert answer.status_code == 200, answer.text
    return answer.json()["task_id"]


def ids_of(receiver):
    return [one.body["task_id"] for one in receiver.received()]


def state_of(server, task_id):
    return server.api("test", "GET", f"/task/{task_id}").json().get("callback_succeeded")


def test_case_149_all_come_once_and_in_order_though_the_network_breaks(server, tmp_path):
    local, other = CallbackReceiver(), CallbackReceiver()
    proxy = TcpProxy("127.0.0.1", server.port)
    url = f"http://127.0.0.1:{proxy.port}"
    with (
        listener(server, url, local.url, tmp_path) as log,
        listener(server, server.url, other.url, tmp_path),
    ):
        made = []
        for number in range(CALLBACKS):
            if number == 10:
                wait_for(lambda: len(local.received()) >= 5, log)
                proxy.cut()
            if number == 40:
                time.sleep(5)  # The outage: the listener's first tries fail in it.
                proxy.mend()
            made.append(create(server, number))
        wait_for(lambda: len(local.received()) >= CALLBACKS, log, 90)
        wait_for(lambda: len(other.received()) >= CALLBACKS, log)
        assert "Trying again" in log.read_text()
        assert ids_of(local) == made, "all of them, once, in order"
        assert ids_of(other) == made, "a second listener gets copies too"
        one = local.received()[0].headers
        assert one["scale-callback-auth"] == server.bootstrap["live_callback_auth_key"]
        # Copies: what the receiver that is named would have answered is still open.
        assert all(state_of(server, task_id) is None for task_id in made[:3])
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        assert [line["status"] for line in lines] == [200] * CALLBACKS
    local.close()
    other.close()
    proxy.close()


class Tamperer:
    """Passes HTTP on and changes one word of what comes back."""

    def __init__(self, port, old, new):
        self._target, self._change = ("127.0.0.1", port), (old, new)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            there = socket.create_connection(self._target)
            for pair in ((here, there, False), (there, here, True)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source, target, changes):
        try:
            while data := source.recv(65_536):
                target.sendall(data.replace(*self._change) if changes else data)
        except OSError:
            pass

    def close(self):
        self._listener.close()


def test_case_149_a_tampered_one_is_not_forwarded_and_said_loudly(server, tmp_path):
    local = CallbackReceiver()
    tamperer = Tamperer(server.port, b"Wagon 7001", b"Wagon 7002")
    url = f"http://127.0.0.1:{tamperer.port}"
    with listener(server, url, local.url, tmp_path) as log:
        create(server, 7001)
        honest = create(server, 8000)
        wait_for(lambda: ids_of(local) == [honest], log)
        assert "WARNING" in log.read_text()
        assert "no signature fits" in log.read_text()
    local.close()
    tamperer.close()


def test_with_deliver_the_program_s_answer_counts(server, tmp_path):
    answers = iter([500, 200])
    local = CallbackReceiver(lambda received: next(answers))
    with listener(server, server.url, local.url, tmp_path, "test", "--deliver") as log:
        refused = create(server, 9000)
        wait_for(lambda: len(local.received()) == 1, log)
        taken = create(server, 9001)
        wait_for(lambda: state_of(server, taken) is True, log)
        assert state_of(server, refused) is None, "a failure leaves its schedule as it is"
    local.close()


def test_only_this_machine_is_forwarded_to(server, tmp_path):
    done = subprocess.run(
        [BINARY, "listen", "--forward", "http://example.com/cb"],
        cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False,
    )
    assert done.returncode == 2
    assert "is another machine" in done.stderr
