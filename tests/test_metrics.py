"""`/metrics`, as Prometheus reads it: what becomes of callbacks (callbacks.md 3.10)."""

import re
import time

import pytest
import requests

from callback_receiver import CallbackReceiver
from server_process import free_port


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def measured(make_server, request):
    """A server and the address of its metrics."""
    port = free_port()
    server = make_server(request.param, ["--metrics-listen", f"127.0.0.1:{port}"])
    return server, f"http://127.0.0.1:{port}/metrics"


def numbers(url):
    """Names with labels, and values."""
    answer = requests.get(url, timeout=5)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def wait_for(url, name, value):
    deadline = time.monotonic() + 20
    while (found := numbers(url)).get(name) != value:
        assert time.monotonic() < deadline, f"{name} is {found.get(name)}"
        time.sleep(0.1)
    return found


def create(server, url):
    answer = server.api("test", "POST", "/task/categorization", json={
        "attachment": "Wagon", "attachment_type": "text", "categories": ["full", "empty"],
        "callback_url": url,
    })
    assert answer.status_code == 200, answer.text


def test_deliveries_are_measured_without_naming_customers(measured):
    server, url = measured
    receiver = CallbackReceiver(lambda received: receiver.status)
    receiver.status = 200
    delivered = 'weighbridge_callback_attempts_total{mode="test",outcome="delivered"}'
    for _ in range(3):
        create(server, receiver.url)
    found = wait_for(url, delivered, 3)
    assert found['weighbridge_callback_lag_seconds_count{mode="test"}'] == 3
    assert found['weighbridge_callback_lag_seconds_bucket{le="+Inf",mode="test"}'] == 3
    assert found['weighbridge_callbacks_in_flight{mode="test"}'] == 0
    assert found['weighbridge_callbacks_pending{mode="test"}'] == 0
    assert found['weighbridge_callbacks_pending{mode="live"}'] == 0

    receiver.status = 503
    create(server, receiver.url)
    failed = 'weighbridge_callback_attempts_total{mode="test",outcome="http_status"}'
    found = wait_for(url, failed, 1)
    assert found['weighbridge_callbacks_pending{mode="test"}'] == 1
    assert found['weighbridge_callbacks_overdue_seconds{mode="test"}'] < 10
    target = receiver.url.removesuffix("/callback")
    server.command("callbacks pause", "--mode", "test", target)
    found = wait_for(url, 'weighbridge_callbacks_held{mode="test"}', 1)
    assert found['weighbridge_callback_receivers_paused{mode="test"}'] == 1
    text = requests.get(url, timeout=5).text
    for secret in (server.bootstrap["account_id"], "Acme", "127.0.0.1"):
        assert secret not in text, "targets and customers are in the page only"
    assert not re.search(r"\{[^}]*(target|account)", text)
    receiver.close()
