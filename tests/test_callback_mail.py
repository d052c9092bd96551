"""Callbacks to e-mail addresses, by a real mail server (callbacks.md 3.1, case 150)."""

import json
import time

import pytest
import requests

from mail_server import MailServer, text_of
from server_process import ADMIN_EMAIL, free_port

LARGE = {
    "instruction": "Full or empty? " * 6_000,
    "attachment": "wagon " * 15_000,
    "categories": [f"{number:04} {'wagon ' * 20}".strip() for number in range(1_000)],
}


@pytest.fixture(scope="module")
def mail():
    server = MailServer(free_port())
    yield server
    server.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(make_server, mail, request):
    return make_server(request.param, ["--smtp-url", mail.url, "--mail-from", "weighbridge@example.com"])


def create(server, **more):
    task = {
        "attachment": "A wagon",
        "attachment_type": "text",
        "categories": ["full", "empty"],
        "callback_url": ADMIN_EMAIL,
        **more,
    }
    return server.api("test", "POST", "/task/categorization", json=task)


def task(server, task_id):
    return server.api("test", "GET", f"/task/{task_id}").json()


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it does not hold after {seconds} s"
        time.sleep(0.05)


def test_case_150_the_json_is_mailed_to_a_confirmed_address(server, mail):
    task_id = create(server).json()["task_id"]
    mailed = mail.wait(ADMIN_EMAIL, f"[Weighbridge] task.completed: task {task_id} (test mode)")
    [attached] = mailed.iter_attachments()
    told = json.loads(attached.get_content())
    assert told["task_id"] == task_id
    assert told["task"]["status"] == "completed"
    secrets = [server.bootstrap[name] for name in ("live_callback_auth_key", "test_callback_auth_key")]
    assert not any(secret in mailed.as_string() for secret in secrets)
    wait_for(lambda: task(server, task_id).get("callback_succeeded") is True)


def test_case_150_a_large_one_is_a_link(server, mail):
    created = create(server, **LARGE)
    assert created.status_code == 200, created.text
    task_id = created.json()["task_id"]
    mailed = mail.wait(ADMIN_EMAIL, f"[Weighbridge] task.completed: task {task_id} (test mode)")
    assert not list(mailed.iter_attachments())
    [link] = [line for line in text_of(mailed).splitlines() if "/files/callbacks/test/" in line]
    answer = requests.get(link, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["task"]["params"]["categories"] == LARGE["categories"]
    # Case 93: an address of one mode opens nothing of the other.
    assert requests.get(link.replace("/test/", "/live/"), timeout=30).status_code == 403
    assert requests.get(link[:-4] + "AAAA", timeout=30).status_code == 403


@pytest.mark.parametrize(
    "address",
    ["nobody@example.com", "ada@example.com\r\nBcc: eve@example.com", "ada@example.com\n", "ada@"],
)
def test_case_150_other_addresses_are_refused_at_creation(server, address):
    answer = create(server, callback_url=address)
    assert answer.status_code == 400, answer.text
    assert "callback_url" in answer.json()["error"]


def test_case_150_a_passing_refusal_is_tried_again(server, mail):
    mail.answer, before = "451 Later", mail.refused
    try:
        task_id = create(server).json()["task_id"]
        wait_for(lambda: mail.refused > before)
        assert "callback_succeeded" not in task(server, task_id)
    finally:
        mail.answer = "250 Taken"
    mail.wait(ADMIN_EMAIL, f"[Weighbridge] task.completed: task {task_id} (test mode)")
    wait_for(lambda: task(server, task_id).get("callback_succeeded") is True)


def test_case_150_a_refusal_for_good_ends_it(server, mail):
    mail.answer, before = "550 No such mail box", mail.refused
    try:
        task_id = create(server).json()["task_id"]
        wait_for(lambda: task(server, task_id).get("callback_succeeded") is False)
    finally:
        mail.answer = "250 Taken"
    assert mail.refused == before + 1
