"""What official libraries make of our callbacks: `v1` in Python and JavaScript, `v1a` by a library for
Ed25519 (callbacks.md part 7, cases 119 to 121)."""

import base64
import json
import subprocess

import pytest
import requests
from app_client import AppClient
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from scaleapi.tasks import TaskType
from server_process import ADMIN_EMAIL, PASSWORD, REPOSITORY
from standardwebhooks import Webhook, WebhookVerificationError

NODE_MODULES = REPOSITORY / "tests/node/node_modules"
# Reads [{secret, headers, body}] and writes which of them the library takes.
CHECK = """
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
const takes = ({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(takes)));
"""


@pytest.fixture
def admin(server):
    return AppClient(server.url, ADMIN_EMAIL, PASSWORD)


@pytest.fixture
def deliver(test, receiver):
    """Has a callback sent in test mode; gives the request."""

    def deliver():
        made = test.create_task(
            TaskType.TextCollection,
            instruction="Was steht da? 什么？",
            fields=[{"type": "text", "field_id": "a", "title": "Ä"}],
            callback_url=receiver.url,
        )
        return receiver.wait_for_task(made.id)

    return deliver


def python_takes(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def javascript_takes(folder, cases):
    """For each (secret, headers, body), whether the library takes it."""
    assert (NODE_MODULES / "standardwebhooks").exists(), "run scripts/setup-node-clients first"
    (folder / "node_modules").symlink_to(NODE_MODULES)
    (folder / "check.mjs").write_text(CHECK)
    cases = [
        {"secret": secret, "headers": headers, "body": body.decode()} for secret, headers, body in cases
    ]
    done = subprocess.run(
        ["node", "check.mjs"], input=json.dumps(cases), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ed25519_takes(public_key, headers, body):
    """Whether one of the `v1a` signatures is by this `whpk_…`."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for entry in headers["webhook-signature"].split(" "):
        scheme, _, signature = entry.partition(",")
        if scheme != "v1a":
            continue
        try:
            key.verify(base64.b64decode(signature), content)
        except InvalidSignature:
            continue
        return True
    return False


def public_keys(server, mode):
    """As a receiver finds them, without a key or a session; newest first."""
    answer = requests.get(
        f"{server.url}/.well-known/weighbridge/callback-keys",
        params={"account": server.bootstrap["account_id"]},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return [key["public_key"] for key in answer.json()["keys"] if key["mode"] == mode]


def changed(headers, body):
    """The request with one byte changed: in the body, the id, the timestamp."""
    yield headers, body[:-1] + b"]"
    yield headers, body + b"\n"
    yield headers, json.dumps(json.loads(body)).encode()
    yield {**headers, "webhook-id": headers["webhook-id"][:-1] + "x"}, body
    later = str(int(headers["webhook-timestamp"]) + 1)
    yield {**headers, "webhook-timestamp": later}, body


def test_case_120_official_libraries_verify_and_one_changed_byte_fails(server, deliver, tmp_path):
    secret = server.bootstrap["test_callback_signing_secret"]
    got = deliver()
    headers, body = got.headers, got.text
    assert headers["webhook-signature"].startswith("v1,")
    [public_key] = public_keys(server, "test")
    cases = [(secret, headers, body)]
    cases += [(secret, *other) for other in changed(headers, body)]
    cases.append((server.bootstrap["live_callback_signing_secret"], headers, body))
    expected = [True] + [False] * (len(cases) - 1)
    assert [python_takes(*case) for case in cases] == expected
    assert javascript_takes(tmp_path, cases) == expected
    assert ed25519_takes(public_key, headers, body)
    assert not any(ed25519_takes(public_key, *other) for other in changed(headers, body))
    [live_key] = public_keys(server, "live")
    assert not ed25519_takes(live_key, headers, body)


def test_case_121_while_it_is_rolled_both_secrets_verify(server, deliver, admin, tmp_path):
    first = server.bootstrap["test_callback_signing_secret"]

    def roll(overlap):
        answer = admin.request("POST", "/test/signing-secrets/roll", {"overlap": overlap})
        assert answer.status_code == 201, answer.text
        secret_id = answer.json()["secrets"][0]["id"]
        return admin.post(f"/test/signing-secrets/{secret_id}/reveal")["secret"]

    def takes(secret, got, folder):
        folder = tmp_path / folder
        folder.mkdir()
        case = (secret, got.headers, got.text)
        in_python, [in_javascript] = python_takes(*case), javascript_takes(folder, [case])
        assert in_python == in_javascript
        return in_python

    second = roll("1h")
    got = deliver()
    schemes = [entry.partition(",")[0] for entry in got.headers["webhook-signature"].split(" ")]
    assert schemes == ["v1", "v1", "v1a", "v1a"]
    assert takes(first, got, "old while rolling") and takes(second, got, "new while rolling")
    keys = public_keys(server, "test")
    assert len(keys) == 2 and all(ed25519_takes(key, got.headers, got.text) for key in keys)
    third = roll("0")
    got = deliver()
    schemes = [entry.partition(",")[0] for entry in got.headers["webhook-signature"].split(" ")]
    assert schemes == ["v1", "v1a"]
    assert takes(third, got, "after") and not takes(first, got, "first") and not takes(second, got, "second")
    [key] = public_keys(server, "test")
    assert ed25519_takes(key, got.headers, got.text)


def test_the_verifier_knows_what_came(server, deliver, admin):
    got = deliver()
    pasted = {"headers": "\n".join(f"{name}: {value}" for name, value in got.headers.items())}
    found = admin.post("/test/callbacks/verify", {**pasted, "body": got.text.decode()})
    assert found["verdict"] == "ok"
    assert found["auth"]["state"] == "current"
    # As a framework's parser and Python's writer leave it.
    written_anew = json.dumps(json.loads(got.text))
    found = admin.post("/test/callbacks/verify", {**pasted, "body": written_anew})
    assert found["verdict"] == "bad"
    assert "same JSON" in found["causes"][0]
    assert found["difference"]["offset"] > 0
