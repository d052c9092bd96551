"""Rolling the callback auth keys: what receivers see of it (callbacks.md part 6, case 147)."""

import pytest
from app_client import AppClient
from scaleapi.tasks import TaskType
from server_process import ADMIN_EMAIL, PASSWORD

LIVE, TEST = "Live Callback Auth Key", "Test Callback Auth Key"


@pytest.fixture
def admin(server):
    return AppClient(server.url, ADMIN_EMAIL, PASSWORD)


def current(admin, name):
    """The callback auth key of this name that nothing has replaced."""
    keys = admin.get("/keys")["callback_auth_keys"]
    [key] = [key for key in keys if key["name"] == name and key["replaced_by"] is None]
    return key


def roll(admin, name, overlap):
    path = f"/keys/{current(admin, name)['key_id']}/roll"
    answer = admin.request("POST", path, {"overlap": overlap})
    assert answer.status_code == 201, answer.text
    return answer.json()["text"]


def received(test, receiver):
    """The auth headers of the callback of a task made now: new, previous."""
    made = test.create_task(
        TaskType.TextCollection,
        instruction="What is it?",
        fields=[{"type": "text", "field_id": "a", "title": "A"}],
        callback_url=receiver.url,
    )
    headers = receiver.wait_for_task(made.id).headers
    return headers["scale-callback-auth"], headers.get("scale-callback-auth-previous")


def test_case_147_a_roll_sends_both_keys_until_its_end(server, test, receiver, admin):
    first = server.bootstrap["live_callback_auth_key"]
    assert received(test, receiver) == (first, None)
    second = roll(admin, LIVE, "24h")
    assert received(test, receiver) == (second, first)
    # Without overlap, after a leak, the old value is in no further request.
    third = roll(admin, LIVE, "now")
    assert received(test, receiver) == (third, first)
    old = [key for key in admin.get("/keys")["callback_auth_keys"] if key["replaced_by"]]
    for key in old:
        if key["state"] == "active":
            answer = admin.request("PUT", f"/keys/{key['key_id']}/end", {"at": "now"})
            assert answer.status_code == 200, answer.text
    assert received(test, receiver) == (third, None)


def test_own_key_for_test_callbacks(server, test, receiver, admin):
    live_key = received(test, receiver)[0]
    answer = admin.request("PUT", "/keys/policy", {"own_key_for_test_callbacks": True})
    assert answer.status_code == 200, answer.text
    assert received(test, receiver) == (server.bootstrap["test_callback_auth_key"], None)
    answer = admin.request("PUT", "/keys/policy", {"own_key_for_test_callbacks": False})
    assert answer.status_code == 200, answer.text
    assert received(test, receiver)[0] == live_key
