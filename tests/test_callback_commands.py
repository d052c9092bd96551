"""`weighbridge callbacks …`: deliveries from a terminal of the server (callbacks.md part 6)."""

import json

import pytest

from callback_receiver import CallbackReceiver
from server_process import run_command

ALLOWED = ["--allow-callback-network", "127.0.0.0/8"]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(make_server, request):
    return make_server(request.param)


@pytest.fixture
def receiver():
    """Answers what `receiver.status` says."""
    made = CallbackReceiver(lambda received: made.status)
    made.status = 200
    yield made
    made.close()


def create(server, url):
    answer = server.api("test", "POST", "/task/categorization", json={
        "attachment": "Wagon", "attachment_type": "text", "categories": ["full", "empty"],
        "callback_url": url,
    })
    assert answer.status_code == 200, answer.text
    return answer.json()["task_id"]


def run(server, command, *arguments, code=0):
    done = server.command(f"callbacks {command}", "--mode", "test", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def objects(server, command, *arguments):
    return [json.loads(line) for line in run(server, command, "--json", *arguments).splitlines()]


def target_of(receiver):
    return receiver.url.removesuffix("/callback")


def one_of(server, receiver, state):
    """Waits for the receiver's callback in a state."""
    receiver.wait_until(lambda: receiver.received())
    for _ in range(200):
        found = objects(server, "list", "--target", target_of(receiver), "--state", state)
        if found:
            return found[0]
    raise AssertionError(run(server, "list", "--target", target_of(receiver)))


def test_a_callback_is_listed_shown_and_sent_again(server, receiver):
    task_id = create(server, receiver.url)
    found = one_of(server, receiver, "delivered")
    assert found["task_id"] == task_id
    assert found["url"] == receiver.url

    line = run(server, "list", "--target", target_of(receiver)).strip()
    assert line.startswith(found["id"]) and "delivered" in line and receiver.url in line
    shown = objects(server, "show", found["id"])[0]
    assert [attempt["outcome"] for attempt in shown["attempts"]] == ["delivered"]
    for secret in ("live_callback_auth_key", "test_callback_signing_secret"):
        assert server.bootstrap[secret] not in json.dumps(shown), secret
    told = run(server, "show", found["id"])
    assert receiver.received()[0].text.decode() in told

    assert "once more" in run(server, "resend", found["id"])
    receiver.wait_until(lambda: len(receiver.received()) == 2)
    first, again = receiver.received()
    assert again.text == first.text
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert again.headers["weighbridge-replay"] == "true"

    other = CallbackReceiver()
    run(server, "resend", found["id"], "--to", other.url, *ALLOWED)
    other.wait_for_task(task_id)
    other.close()
    refused = run(server, "resend", found["id"], "--to", "http://10.0.0.1/cb", code=1)
    assert "10.0.0.0/8" in refused


def test_what_failed_is_counted_and_sent_once_more(server, receiver):
    receiver.status = 410
    task_id = create(server, receiver.url)
    one_of(server, receiver, "failed")
    where = ["--since", "1h", "--target", target_of(receiver)]
    assert objects(server, "replay", "--dry-run", *where)[0]["count"] == 1
    assert len(receiver.received()) == 1, "a dry run sends nothing"
    # No command asks.
    assert "--yes" in run(server, "replay", *where, code=1)
    receiver.status = 200
    assert objects(server, "replay", "--yes", *where)[0]["total"] == 1
    receiver.wait_until(lambda: len(receiver.of_task(task_id)) == 2)
    one_of(server, receiver, "delivered")
    assert "0 callbacks" in run(server, "replay", "--dry-run", *where)


def test_a_receiver_is_paused_resumed_and_its_queue_discarded(server, receiver):
    target = target_of(receiver)
    first = create(server, receiver.url)
    receiver.wait_for_task(first)
    assert run(server, "pause", target).startswith("paused")
    held = create(server, receiver.url)
    assert one_of(server, receiver, "held")["task_id"] == held
    listed = {one["target"]: one for one in objects(server, "targets")}
    assert listed[target]["state"] == "paused"
    assert target in run(server, "targets")
    run(server, "resume", target)
    receiver.wait_for_task(held)

    run(server, "pause", target)
    lost = create(server, receiver.url)
    one_of(server, receiver, "held")
    assert "--yes" in run(server, "discard", "--target", target, code=1)
    assert objects(server, "discard", "--target", target, "--yes")[0]["discarded"] == 1
    run(server, "resume", target)
    after = create(server, receiver.url)
    receiver.wait_for_task(after)
    assert receiver.of_task(lost) == []


def test_a_request_is_verified_from_files(server, receiver, tmp_path):
    create(server, receiver.url)
    receiver.wait_until(lambda: receiver.received())
    received = receiver.received()[0]
    files = {name: tmp_path / name for name in ("secret", "headers", "body")}
    files["secret"].write_text(server.bootstrap["test_callback_signing_secret"] + "\n")
    files["headers"].write_text("".join(f"{n}: {v}\n" for n, v in received.headers.items()))
    files["body"].write_bytes(received.text)

    def verify(code):
        done = run_command(
            "callbacks", "verify", "--secret-file", files["secret"], "--headers", files["headers"],
            "--body", files["body"], folder=tmp_path,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    assert "It is ours" in verify(0)
    files["body"].write_bytes(received.text + b"\n")
    told = verify(1)
    assert "No signature fits" in told and "newline" in told
    files["body"].write_bytes(received.text)
    files["secret"].write_text("whsec_" + "A" * 43 + "=")
    assert "No signature fits" in verify(1)


def test_wrong_arguments_are_explained(server):
    assert "no state" in run(server, "list", "--state", "nonsense", code=1)
    assert "no callback of that id" in run(server, "show", "cb_0123456789abcdef01234567", code=1)
    assert "hexadecimal" in run(server, "show", "cb_x", code=2)
    assert "10m" in run(server, "list", "--since", "soon", code=2)
