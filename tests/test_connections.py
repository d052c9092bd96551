"""Requests as bytes on a connection: every one is admitted by its own key, whatever came before it
on the same connection (authentication.md 4a)."""

import base64
import re
import socket
import sqlite3
import time

import h2.config
import h2.connection
import h2.events
import pytest
import requests

REFUSALS = 1000
GROWTH_BYTES_MAX = 16 * 1024 * 1024


def basic(key):
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def head(server, method="GET", path="/v1/projects", **headers):
    """The head of an HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


class Answers:
    """Answers of an HTTP/1.1 connection, one after the other."""

    def __init__(self, connection):
        self._file = connection.makefile("rb")

    def next(self):
        """Status, headers and body of the next one."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, self._file.read(int(headers.get("content-length", 0)))


def test_case_27_a_kept_connection_remembers_no_key(server):
    key = server.bootstrap["test_api_key"]
    with connect(server) as connection:
        answers = Answers(connection)
        for authorization, status in [(basic(key), 200), (None, 401), (basic(key), 200)]:
            more = {"Authorization": authorization} if authorization else {}
            connection.sendall(head(server, **more))
            assert answers.next()[0] == status


def test_case_27_streams_of_one_http2_connection_keep_their_modes_apart(server):
    """Twenty streams whose heads are all sent before an answer is read."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    connection.initiate_connection()
    keys = {mode: server.bootstrap[f"{mode}_api_key"] for mode in ("live", "test")}
    wanted = {}
    for number in range(20):
        mode = ("live", "test", None, "test")[number % 4]
        stream = connection.get_next_available_stream_id()
        headers = [
            (":method", "GET"), (":path", "/v1/projects"), (":scheme", "http"),
            (":authority", f"127.0.0.1:{server.port}"),
        ]
        if mode:
            headers.append(("authorization", basic(keys[mode])))
        connection.send_headers(stream, headers, end_stream=True)
        wanted[stream] = (b"200", mode.encode()) if mode else (b"401", None)
    got, ended = {}, set()
    with connect(server) as tcp:
        tcp.sendall(connection.data_to_send())
        while ended != set(wanted):
            received = tcp.recv(65_536)
            assert received, "the server closed the connection"
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    headers = dict(event.headers)
                    got[event.stream_id] = (headers[b":status"], headers.get(b"weighbridge-mode"))
                elif isinstance(event, h2.events.StreamEnded):
                    ended.add(event.stream_id)
            tcp.sendall(connection.data_to_send())
    assert got == wanted


def test_case_27_a_body_is_not_asked_for_with_a_wrong_key(server):
    further = {"Content-Type": "application/json", "Content-Length": 200_000, "Expect": "100-continue"}
    with connect(server) as connection:
        connection.sendall(
            head(server, "POST", "/v1/projects", Authorization=basic("nonsense"), **further)
        )
        status, headers, body = Answers(connection).next()
    assert status == 401, status
    assert headers["www-authenticate"].startswith("Basic ")
    assert b"invalid_api_key" in body
    # With the right key it is asked for.
    key = server.bootstrap["test_api_key"]
    with connect(server) as connection:
        connection.sendall(head(server, "POST", "/v1/projects", Authorization=basic(key), **further))
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")


def test_case_20_long_values_and_long_heads_cost_no_memory(server):
    def memory():
        status = open(f"/proc/{server.pid}/status", encoding="ascii").read()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024

    long_user = "Basic " + base64.b64encode(b"A" * 513 + b":").decode()
    answer = requests.get(
        f"{server.url}/v1/projects", headers={"Authorization": long_user}, timeout=30
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "malformed_authorization")

    def refuse():
        with connect(server) as connection:
            connection.sendall(head(server, Authorization=basic("x" * 600), X_Long="y" * 17_000))
            assert Answers(connection).next()[0] == 431
            connection.sendall(head(server, Authorization="Basic " + "A" * 5000))
            return Answers(connection).next()[0]

    for _ in range(200):
        refuse()
    before = memory()
    statuses = {refuse() for _ in range(REFUSALS)}
    # The thousandth failure of this address is the last that is answered as such.
    assert statuses <= {401, 429}
    assert memory() - before < GROWTH_BYTES_MAX


def test_case_20_a_head_beyond_every_limit_is_431_and_then_closed(server):
    with connect(server) as connection:
        connection.sendall(head(server, X_Long="y" * 200_000))
        assert Answers(connection).next()[0] == 431


@pytest.mark.parametrize("key", ["live_api_key", "test_api_key"])
def test_case_28_a_valid_key_passes_after_any_number_of_failures(make_server, key):
    server = make_server()
    with requests.Session() as session:
        deadline = time.monotonic() + 60
        while (answer := session.get(f"{server.url}/v1/projects", timeout=30)).status_code == 401:
            assert time.monotonic() < deadline, "no failure was held back"
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_failures")
    assert int(answer.headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in answer.headers
    passed = requests.get(
        f"{server.url}/v1/projects", auth=(server.bootstrap[key], ""), timeout=30
    )
    assert passed.status_code == 200


def test_case_28_the_last_use_is_not_written_by_requests_but_in_one_go(make_server):
    server = make_server()

    def last_used():
        with sqlite3.connect(server.data_dir / "control.db", timeout=10) as control:
            rows = control.execute("SELECT last_used_at FROM keys WHERE kind = 'wb'").fetchall()
        return [at for (at,) in rows if at is not None]

    started = time.monotonic()
    for _ in range(200):
        assert server.api("test", "GET", "/projects").status_code == 200
    assert last_used() == [] or time.monotonic() - started > 60
    assert server.stop() == 0
    assert len(last_used()) == 1
