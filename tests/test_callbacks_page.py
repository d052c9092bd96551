"""The pages of callbacks with a real server and a real browser: look, send again, try out
(callbacks.md 3.9 and 6; interface.md I8)."""

import re
import threading

import pytest
from playwright.sync_api import expect

from callback_receiver import CallbackReceiver
from conftest import MEMBER_EMAIL
from for_everyone import check_for_everyone


def create(server, mode, url):
    task = {
        "attachment": "A wagon", "attachment_type": "text",
        "categories": ["full", "empty"], "callback_url": url,
    }
    answer = server.api(mode, "POST", "/task/categorization", json=task)
    assert answer.status_code == 200, answer.text
    return answer.json()["task_id"]


def open_list(page, server, mode="test"):
    page.goto(f"{server.url}/{mode}/callbacks")
    expect(page.get_by_role("heading", name="Callbacks", level=1)).to_be_visible()
    return page


def test_i8_a_callback_is_sent_again_by_the_keyboard_alone(server, receiver, log_in):
    task_id = create(server, "test", receiver.url)
    receiver.wait_for_task(task_id)
    page = log_in(server)
    page.goto(f"{server.url}/test")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Callbacks", level=1)).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Delivered")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Callback "))).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("Send this callback again")
    page.keyboard.press("Enter")
    receiver.wait_until(lambda: len(receiver.of_task(task_id)) == 2)
    first, second = receiver.of_task(task_id)
    assert first.text == second.text
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.headers["weighbridge-replay"] == "true"
    # The page shows the new try by itself.
    expect(page.get_by_role("heading", name="Try 2")).to_be_visible()
    expect(page.get_by_text(server.bootstrap["live_callback_auth_key"])).to_have_count(0)


def test_a_test_callback_arrives_at_the_test_receiver(server, log_in):
    page = log_in(server)
    page.goto(f"{server.url}/test/callbacks/receiver")
    page.get_by_role("button", name="Make a test receiver").click()
    page.get_by_role("button", name="Send a test callback here").click()
    expect(page.get_by_text("key fits")).to_be_visible()
    expect(page.get_by_text("signature fits")).to_be_visible()
    check_for_everyone(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="End it…").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("End")).click()
    expect(page.get_by_role("button", name="Make a test receiver")).to_be_visible()


def test_all_that_failed_is_sent_again_with_a_count_before(server, log_in):
    is_back = threading.Event()
    gone = CallbackReceiver(lambda received: 200 if is_back.is_set() else 410)
    create(server, "test", gone.url)
    gone.wait_until(lambda: gone.received())
    is_back.set()
    page = open_list(log_in(server), server)
    page.get_by_role("button", name="Send all failed since…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Count").click()
    expect(dialog.get_by_text("would be sent again")).to_be_visible()
    dialog.get_by_role("button", name=re.compile("^Send")).click()
    gone.wait_until(lambda: len(gone.received()) == 2)
    expect(page.get_by_text("1 ended replay")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Delivered")
    gone.close()


def test_the_verifier_tells_the_byte_that_differs(server, receiver, log_in):
    task_id = create(server, "test", receiver.url)
    got = receiver.wait_for_task(task_id)
    headers = "\n".join(f"{name}: {value}" for name, value in got.headers.items())
    page = log_in(server)
    page.goto(f"{server.url}/test/callbacks/verify")
    page.get_by_label("Headers").fill(headers)
    page.get_by_label("Body", exact=True).fill(got.text.decode())
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="It is from us and unchanged")).to_be_visible()
    page.get_by_label("Body", exact=True).fill(got.text.decode().replace("completed", "complated", 1))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text(re.compile("byte", re.IGNORECASE)).first).to_be_visible()


@pytest.mark.parametrize("path", ["/callbacks", "/callbacks/verify", "/callbacks/receiver", "/callbacks/{one}"])
def test_i7_i9_pages_of_callbacks_are_for_everyone(server, receiver, log_in, path):
    receiver.wait_for_task(create(server, "test", receiver.url))
    page = open_list(log_in(server), server)
    one = page.get_by_role("row").nth(1).get_by_role("link").first.get_attribute("href").rsplit("/", 1)[1]
    page.goto(f"{server.url}/test{path.replace('{one}', one)}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(re.compile("^Loading "))).to_have_count(0)
    check_for_everyone(page)


def test_a_member_looks_and_does_nothing(server, receiver, log_in):
    receiver.wait_for_task(create(server, "test", receiver.url))
    page = open_list(log_in(server, MEMBER_EMAIL), server)
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    expect(page.get_by_role("button", name="Send all failed since…")).to_have_count(0)
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Tries")).to_be_visible()
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
