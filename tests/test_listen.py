"""`weighbridge listen`: callbacks come to a program on the developer's machine (callbacks.md 6, case
149)."""

import time

import pytest
from scaleapi.tasks import TaskType

from callback_receiver import CallbackReceiver
from server_process import Listener, free_port, run_command
from tcp_proxy import TcpProxy

CALLBACKS = 50
# The command waits 1, 2, 4 … seconds between its looks.
CUT_SECONDS = 8


@pytest.fixture
def laptop():
    """The program on the developer's machine."""
    program = CallbackReceiver()
    yield program
    program.close()


@pytest.fixture
def proxy_before(server):
    """Makes proxies before the server."""
    proxies = []

    def make(change=None):
        proxies.append(TcpProxy("127.0.0.1", server.port, change))
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def listen(server, laptop, tmp_path):
    """Starts `weighbridge listen` with the key of test mode."""

    def start(*arguments, url=server.url, **secrets):
        key = server.bootstrap["test_api_key"]
        return Listener(tmp_path, url, key, laptop.url, *arguments, **secrets)

    return start


def complete_one(server, callback_url):
    """A task of test mode, which completes as it comes; its id."""
    task = server.client("test").create_task(
        TaskType.Categorization,
        instruction="which?",
        attachment="hello",
        attachment_type="text",
        categories=["a", "b"],
        callback_url=callback_url,
    )
    return task.id


def task_ids(program):
    """Tasks of which a program was told, in the order in which it was."""
    return [one.body["task_id"] for one in program.received()]


def test_case_149_a_cut_connection_loses_nothing(server, receiver, laptop, listen, proxy_before):
    proxy = proxy_before()
    with listen(url=f"http://127.0.0.1:{proxy.port}") as listener:
        made = [complete_one(server, receiver.url) for _ in range(CALLBACKS // 3)]
        laptop.wait_until(lambda: len(laptop.received()) >= 5)
        cut_at = time.monotonic()
        proxy.cut()
        made += [complete_one(server, receiver.url) for _ in range(CALLBACKS - len(made))]
        listener.wait_until(lambda: listener.said.count("Trying again") >= 3)
        assert time.monotonic() - cut_at > CUT_SECONDS / 4
        assert len(laptop.received()) < CALLBACKS, "the connection was not cut"
        proxy.mend()
        listener.wait_until(lambda: len(listener.told) >= CALLBACKS)
        assert "Connected again" in listener.said
        # One more shows that nothing came twice.
        made.append(complete_one(server, receiver.url))
        laptop.wait_until(lambda: made[-1] in task_ids(laptop))
    assert task_ids(laptop) == made
    assert all(one["status"] == 200 for one in listener.told)
    # Copies: the receiver gets its own, at the first try, and each counts.
    receiver.wait_until(lambda: set(made) <= set(task_ids(receiver)))
    for task_id in made:
        (copy,), (sent,) = laptop.of_task(task_id), receiver.of_task(task_id)
        assert copy.body == sent.body
        assert sent.headers["weighbridge-attempt"] == "1"
        for name in ("webhook-id", "scale-callback-auth", "weighbridge-sequence"):
            assert copy.headers[name] == sent.headers[name], name
        assert server.client("test").get_task(task_id).callback_succeeded


def test_case_149_two_listeners_both_get_copies(server, receiver, laptop, listen):
    with listen("--event", "task.completed") as one, listen() as two:
        task_id = complete_one(server, receiver.url)
        laptop.wait_until(lambda: len(laptop.of_task(task_id)) == 2)
        for listener in (one, two):
            listener.wait_until(lambda: listener.told)
            assert [told["task_id"] for told in listener.told] == [task_id]
    assert len(receiver.of_task(task_id)) == 1


def test_case_149_with_another_auth_key_nothing_is_forwarded(
    server, receiver, laptop, listen, proxy_before
):
    key = server.bootstrap["live_callback_auth_key"]
    other = key[:-1] + ("x" if key[-1] != "x" else "y")
    proxy = proxy_before(lambda data: data.replace(key.encode(), other.encode()))
    secrets = {"WEIGHBRIDGE_CALLBACK_AUTH_KEY": key}
    with listen(url=f"http://127.0.0.1:{proxy.port}", **secrets) as listener:
        complete_one(server, receiver.url)
        listener.wait_until(lambda: "WARNING" in listener.said)
        (told,) = listener.told
    assert told["outcome"] == "tampered"
    assert "another key" in told["detail"]
    assert laptop.received() == []
    with listen(**secrets) as listener:
        task_id = complete_one(server, receiver.url)
        laptop.wait_for_task(task_id)
        assert "signature of callbacks is not checked" in listener.said
        assert "auth key of callbacks is not checked" not in listener.said


def test_since_begins_with_what_was_before(server, receiver, laptop, listen):
    before = complete_one(server, receiver.url)
    with listen():
        now = complete_one(server, receiver.url)
        laptop.wait_for_task(now)
    assert laptop.of_task(before) == []
    with listen("--since", "10m"):
        laptop.wait_for_task(before)


def test_a_program_that_is_not_there_is_told(server, receiver, tmp_path):
    key = server.bootstrap["test_api_key"]
    nobody = f"http://localhost:{free_port()}/"
    with Listener(tmp_path, server.url, key, nobody) as listener:
        complete_one(server, receiver.url)
        listener.wait_until(lambda: listener.told)
        assert listener.told[0]["outcome"] == "refused"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--forward", "http://example.com/"), 2, "is another machine"),
        ((), 2, "--forward"),
        (("--forward", "http://localhost:3000/"), 2, "WEIGHBRIDGE_API_KEY"),
        (("--forward", "http://localhost:3000/", "--since", "later"), 2, "such as 10m"),
    ],
)
def test_wrong_usage_is_told(tmp_path, arguments, code, told):
    done = run_command("listen", *arguments, folder=tmp_path)
    assert done.returncode == code
    assert told in done.stderr


def test_what_the_server_refuses_ends_the_command(server, tmp_path):
    (tmp_path / "key").write_text("test_nonsense\n")
    known = tmp_path / "known"
    known.write_text(server.bootstrap["test_api_key"])
    here = ("--url", server.url, "--forward", "http://localhost:3000/")
    done = run_command("listen", *here, "--api-key-file", tmp_path / "key", folder=tmp_path)
    assert done.returncode == 1
    assert "401" in done.stderr
    done = run_command(
        "listen", *here, "--api-key-file", known, "--event", "task.done", folder=tmp_path
    )
    assert done.returncode == 1
    assert "must be one or several of" in done.stderr
