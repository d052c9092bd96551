"""A customer's callback receiver: a real HTTP server that keeps what comes in."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    """One request as it came in. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    text: bytes
    body: dict


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many connections may come at once after a restart.
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Nothing: a sender that was killed leaves broken connections behind."""


class CallbackReceiver:
    """Listens on 127.0.0.1, answers every POST, and lets tests wait for requests.

    `answer` is called with each request once its last byte is in, in a thread of the request's
    connection, and gives the status. Without one it is 200.
    """

    def __init__(self, answer=lambda received: 200, port=0):
        self._received: list[Received] = []
        self._under_way = 0
        self._changed = threading.Condition(threading.RLock())
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("content-length", 0))
                text = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received("POST", self.path, headers, text, json.loads(text))
                with receiver._changed:
                    receiver._under_way += 1
                try:
                    status = answer(received)
                finally:
                    with receiver._changed:
                        receiver._under_way -= 1
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()
                receiver._keep(received)

            def log_message(self, *_):
                """Nothing: the test's own output is what counts."""

        self._server = _Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def _keep(self, received):
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()

    def close(self):
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def received(self) -> list[Received]:
        """Everything so far, oldest first."""
        with self._changed:
            return list(self._received)

    def under_way(self) -> int:
        """Requests that are in and have no answer yet."""
        with self._changed:
            return self._under_way

    def of_task(self, task_id) -> list[Received]:
        """What came in about one task."""
        return [one for one in self.received() if one.body.get("task_id") == task_id]

    def wait_for_task(self, task_id, timeout_seconds=30) -> Received:
        """Waits for a task's callback."""
        self.wait_until(lambda: self.of_task(task_id), timeout_seconds)
        return self.of_task(task_id)[0]

    def wait_until(self, condition, timeout_seconds=30):
        """Waits until a condition over what came in holds; asks again after each request."""
        with self._changed:
            arrived = self._changed.wait_for(condition, timeout_seconds)
        assert arrived, f"no such callback within {timeout_seconds} s; {len(self._received)} came"
