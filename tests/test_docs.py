"""The docs under /docs in a real browser: "Try it!", every example as printed, search, and that
nothing is loaded from elsewhere."""

import base64
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from playwright.sync_api import expect
from scaleapi.tasks import TaskType

from app_client import AppClient
from conftest import LABELER_EMAIL, MEMBER_EMAIL
from for_everyone import axe_problems
from server_process import ADMIN_EMAIL, PASSWORD, REPOSITORY, free_port

GUIDES = [
    "authentication",
    "first-task",
    "test-and-live",
    "callbacks",
    "task-types",
    "errors",
    "clients",
    "roles",
    "self-hosting",
]
PAGES = ["", *(f"/{guide}" for guide in GUIDES), "/reference"]
NODE_MODULES = REPOSITORY / "tests/node/node_modules"
LANGUAGES = {
    "curl": "example.sh",
    "python-scaleapi": "example.py",
    "python-requests": "example.py",
    "node-scaleapi": "example.cjs",
    "node-request": "example.cjs",
    "node-fetch": "example.mjs",
}
# Calls that are there to show a refusal: what its text has.
REFUSED = {
    "cancel-task": "pending",
    "project-of-the-other-mode": 'Project "cows" does not exist in test mode',
    "wrong-parameter": "categories[1]",
}
# What the official Node client has no method for.
NOT_IN_NODE_CLIENT = {"set-metadata", "list-projects", "create-project"}
TASK_ID = re.compile(r"\b[0-9a-f]{24}\b")


@pytest.fixture(scope="module")
def test_key(server):
    """The account's test key."""
    return server.bootstrap["test_api_key"]


@pytest.fixture(scope="module")
def live_key(server):
    """The account's live key."""
    return server.bootstrap["live_api_key"]


@pytest.fixture
def open_docs(server, new_page):
    """Opens a page of the docs, logged out."""

    def open_docs(path=""):
        page = new_page()
        watch_policy(page)
        page.goto(f"{server.url}/docs{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    return open_docs


def watch_policy(page):
    """Keeps what the content security policy forbade, for `violations`."""
    page.add_init_script(
        "window.violations = [];"
        "addEventListener('securitypolicyviolation', event =>"
        " violations.push([event.violatedDirective, event.blockedURI, event.sourceFile]));"
    )


def panel(page, call):
    """The panel of one example call."""
    return page.locator(f'[data-call="{call}"]')


def press(page, call):
    """Presses "Try it!" of a call."""
    panel(page, call).get_by_role("button", name="Try it!").click()


def enter_key(page, call, key):
    """Types a key where the seed says that it goes."""
    panel(page, call).get_by_label("API Key (username)").fill(key)


def basic(key):
    """The header's value for a key with a blank password."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


# --- Try it! ---


def test_s12_i12_a_test_key_gets_an_answer_and_sends_exactly_its_header(server, open_docs, test_key):
    page = open_docs("/authentication")
    enter_key(page, "list-tasks", test_key)
    with page.expect_request(f"{server.url}/v1/tasks?limit=3") as sent:
        press(page, "list-tasks")
    headers = sent.value.all_headers()
    assert headers["authorization"] == basic(test_key)
    assert "cookie" not in headers
    answer = panel(page, "list-tasks")
    expect(answer).to_contain_text("200 OK")
    expect(answer).to_contain_text(re.compile(r"\d+ ms"))
    expect(answer).to_contain_text('"docs"')
    answer.get_by_text("Headers of the answer").click()
    expect(answer).to_contain_text(re.compile("weighbridge-mode: *test"))
    expect(answer).not_to_contain_text(basic(test_key))
    answer.get_by_role("button", name="Show Authorization").click()
    expect(answer).to_contain_text(basic(test_key))
    expect(answer).to_contain_text(f"{test_key}:")
    answer.get_by_role("button", name="Hide Authorization").click()
    expect(answer).not_to_contain_text(basic(test_key))


def test_s12_a_wrong_key_shows_our_401_and_no_dialog_of_the_browser(server, open_docs):
    page = open_docs("/authentication")
    # The browser asks here before it would open its log-in dialog.
    cdp = page.context.new_cdp_session(page)
    asked = []

    def answer_challenge(event):
        asked.append(event["request"]["url"])
        cdp.send(
            "Fetch.continueWithAuth",
            {"requestId": event["requestId"], "authChallengeResponse": {"response": "CancelAuth"}},
        )

    cdp.on("Fetch.authRequired", answer_challenge)
    cdp.on(
        "Fetch.requestPaused",
        lambda event: cdp.send("Fetch.continueRequest", {"requestId": event["requestId"]}),
    )
    cdp.send("Fetch.enable", {"handleAuthRequests": True})
    enter_key(page, "list-tasks", "rubbish")
    press(page, "list-tasks")
    answer = panel(page, "list-tasks")
    expect(answer).to_contain_text("401")
    expect(answer).to_contain_text("No valid API key provided: there is no such key.")
    assert asked == []
    # The proof that a dialog would have shown: a fetch with credentials does ask.
    page.evaluate("fetch('/v1/tasks', { credentials: 'same-origin' }).then(() => undefined)")
    assert asked == [f"{server.url}/v1/tasks"]


def test_a_text_that_is_no_key_is_refused_before_it_is_sent(open_docs):
    page = open_docs("/authentication")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    press(page, "list-tasks")
    expect(panel(page, "list-tasks").get_by_role("alert")).to_have_text("Enter an API key.")
    enter_key(page, "list-tasks", "test_a:b")
    press(page, "list-tasks")
    expect(panel(page, "list-tasks").get_by_role("alert")).to_contain_text("colon")
    assert sent == []


def test_the_body_can_be_edited_and_the_next_call_knows_the_task(open_docs, test_key):
    page = open_docs("/first-task")
    create = panel(page, "create-categorization")
    enter_key(page, "create-categorization", test_key)
    create.get_by_label("Body").fill("{")
    expect(create).to_contain_text("The body is no JSON")
    body = {"attachment": "A cow.", "attachment_type": "text", "categories": ["moo", "oink"]}
    create.get_by_label("Body").fill(json.dumps(body))
    expect(create.locator("pre").first).to_contain_text("oink")
    press(page, "create-categorization")
    expect(create).to_contain_text('"status": "pending"')
    press(page, "get-task")
    answer = panel(page, "get-task")
    expect(answer).to_contain_text('"status": "completed"')
    expect(answer).to_contain_text('"oink"')


def test_a_live_key_asks_once_before_a_call_that_is_charged(server, open_docs, live, live_key):
    page = open_docs("/first-task")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    enter_key(page, "create-categorization", live_key)
    press(page, "create-categorization")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("this creates a real task and a charge")
    dialog.get_by_label("Type charge to go on").press("Enter")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert sent == []

    press(page, "create-categorization")
    dialog.get_by_label("Type charge to go on").fill("charge")
    dialog.get_by_role("button", name="Create a real task").click()
    expect(panel(page, "create-categorization")).to_contain_text("200 OK")
    assert len(sent) == 1
    with page.expect_response(re.compile("/v1/task/")) as second:
        press(page, "create-categorization")
    expect(dialog).to_have_count(0)
    live.cancel_task(second.value.json()["task_id"])
    # What costs nothing is never asked.
    press(page, "list-tasks")
    expect(panel(page, "list-tasks")).to_contain_text("200 OK")


def test_an_imported_live_key_asks_too(server, open_docs):
    key = f"imported-key-of-old-{os.getpid()}-0123456789"
    done = subprocess.run(
        [
            *(os.environ.get("WEIGHBRIDGE_BIN", REPOSITORY / "target/debug/weighbridge"), "key", "import"),
            *("--data-dir", server.data_dir, "--mode", "live"),
        ],
        input=key, text=True, capture_output=True, timeout=60, check=False,
    )
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 15
    while requests.get(f"{server.url}/v1/tasks", auth=(key, ""), timeout=10).status_code == 401:
        assert time.monotonic() < deadline, "the imported key is not in force"
        time.sleep(0.1)
    page = open_docs("/first-task")
    enter_key(page, "create-categorization", key)
    press(page, "create-categorization")
    expect(page.get_by_role("dialog")).to_contain_text("this creates a real task and a charge")


def test_admin_fills_in_the_test_key_and_it_is_kept_nowhere(server, log_in, test_key, live_key):
    page = log_in(server)
    page.get_by_role("link", name="Docs", exact=True).click()
    page.get_by_role("link", name="Authentication").first.click()
    example = panel(page, "list-tasks")
    example.get_by_role("button", name="Use my test key").click()
    expect(example.get_by_label("API Key (username)")).to_have_value(test_key)
    expect(example.locator("pre").first).to_contain_text(test_key)
    with page.expect_request(f"{server.url}/v1/tasks?limit=3") as sent:
        press(page, "list-tasks")
    assert "cookie" not in sent.value.all_headers()
    expect(example).to_contain_text("200 OK")
    assert live_key not in page.content()
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert test_key not in stored
    assert test_key not in page.url
    page.reload()
    expect(example.get_by_label("API Key (username)")).to_have_value("")


@pytest.mark.parametrize("email", [MEMBER_EMAIL, LABELER_EMAIL])
def test_other_roles_get_no_key_but_are_told_where_keys_come_from(server, log_in, email):
    page = log_in(server, email)
    page.get_by_role("link", name="Docs", exact=True).click()
    page.get_by_role("link", name="Authentication").first.click()
    example = panel(page, "list-tasks")
    expect(example.get_by_role("link", name="Don't see API Keys?")).to_be_visible()
    expect(page.get_by_role("button", name="Use my test key")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text(
        "Only Admins and Managers have access to API keys, for your security."
    )


def test_case_60_get_api_key_leads_through_the_log_in_to_the_section(server, open_docs):
    page = open_docs("/authentication")
    page.get_by_role("link", name="Get API Key from Customer Dashboard").first.click()
    page.get_by_label("Email").fill(ADMIN_EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    assert page.url == f"{server.url}/live/api-keys"


def test_log_in_leads_back_to_the_guide(server, open_docs):
    page = open_docs("/errors")
    page.get_by_role("link", name="Log in", exact=True).click()
    page.get_by_label("Email").fill(ADMIN_EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Errors", level=1)).to_be_visible()
    page.get_by_role("link", name="Dashboard", exact=True).click()
    page.wait_for_url(re.compile("/live"))


def test_s30_to_s38_the_calculator_shows_each_step_and_sends_nothing(open_docs):
    page = open_docs("/authentication")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    calculator = page.get_by_role("region", name="Header calculator")
    expect(calculator).to_contain_text("live_ScaleRocks:")
    expect(calculator).to_contain_text("Authorization: Basic bGl2ZV9TY2FsZVJvY2tzOg==")
    calculator.get_by_role("textbox").fill("test_abc")
    expect(calculator).to_contain_text(f"Authorization: {basic('test_abc')}")
    calculator.get_by_role("textbox").fill("a b")
    expect(calculator).to_contain_text("no spaces")
    assert sent == []


# --- Reference ---


def open_operation(page, operation):
    """Opens an operation of the reference."""
    shown = page.locator(f"#operations-{operation}")
    shown.locator("button.opblock-summary-control").click()
    expect(shown.get_by_role("button", name="Try it!")).to_be_visible()
    return shown


def test_reference_tries_a_call_with_the_readers_key(server, log_in, test_key):
    page = log_in(server)
    watch_policy(page)
    page.goto(f"{server.url}/docs/reference")
    operation = open_operation(page, "Tasks-list_tasks")
    page.get_by_label("API Key (username)").fill(test_key)
    with page.expect_request(re.compile("/v1/tasks")) as sent:
        operation.get_by_role("button", name="Try it!").click()
    headers = sent.value.all_headers()
    assert headers["authorization"] == basic(test_key)
    assert "cookie" not in headers
    expect(operation.locator(".live-responses-table")).to_contain_text('"docs"')
    assert page.evaluate("violations") == []


def test_reference_asks_before_a_live_task(open_docs, live_key):
    page = open_docs("/reference")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    operation = open_operation(page, "Tasks-create_categorization_task")
    page.get_by_label("API Key (username)").fill(live_key)
    operation.get_by_role("button", name="Try it!").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("this creates a real task and a charge")
    dialog.get_by_role("button", name="Cancel").click()
    expect(operation).to_contain_text("Not sent: it would have made a real task.")
    assert sent == []


# --- Search ---


def test_search_finds_guides_by_keyboard(server, open_docs):
    page = open_docs("/roles")
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search the docs")
    expect(field).to_be_focused()
    page.keyboard.type("constant time")
    expect(page.get_by_role("option").first).to_contain_text("Check that we sent it")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}/docs/callbacks#check-that-we-sent-it")
    expect(page.get_by_role("heading", name="Check that we sent it")).to_be_in_viewport()


def test_search_finds_operations_of_the_reference(server, open_docs):
    page = open_docs()
    page.get_by_role("combobox", name="Search the docs").fill("finalize")
    page.get_by_role("option", name="Finalize a batch").click()
    page.wait_for_url(re.compile("/docs/reference#operations-Batches-finalize_batch"))
    operation = page.locator("#operations-Batches-finalize_batch")
    expect(operation.get_by_role("button", name="Try it!")).to_be_visible()
    expect(operation).to_be_in_viewport()


# --- Nothing from elsewhere, for everybody ---


@pytest.mark.parametrize("path", PAGES)
def test_i11_no_request_leaves_the_origin_and_the_policy_holds(server, new_page, path):
    page = new_page()
    watch_policy(page)
    asked, printed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: message.type == "error" and printed.append(message.text))
    page.goto(f"{server.url}/docs{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if path == "/reference":
        open_operation(page, "Tasks-create_imageannotation_task")
    page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((f"{server.url}/", "data:"))] == []
    assert page.evaluate("violations") == []
    # Who is not logged in is told so; the browser prints that.
    assert [text for text in printed if "401 (Unauthorized)" not in text] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_i7_i9_pages_are_accessible_and_fit_320_pixels(server, new_page, path, scheme):
    page = new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.url}/docs{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if path == "/reference":
        open_operation(page, "Tasks-list_tasks")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 720})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe_problems(page) == []



# --- Examples as printed ---


@pytest.fixture(scope="module")
def examples(server, browser, test_key, test):
    """Every example of every guide in every language, as the page prints it for a reader with the
    test key: by language, then by call."""
    task = test.create_task(
        TaskType.Categorization, attachment="a", attachment_type="text", categories=["a"]
    )
    page = browser.new_page()
    printed = {language: {} for language in LANGUAGES}
    for guide in GUIDES:
        page.goto(f"{server.url}/docs/{guide}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for example in page.locator("[data-call]").all():
            call = example.get_attribute("data-call")
            example.get_by_label("API Key (username)").fill(test_key)
            if example.get_by_label("task_id").count():
                example.get_by_label("task_id").fill(task.id)
            for number, language in enumerate(LANGUAGES):
                example.get_by_label("Language").select_option(language)
                if call == "create-project":
                    # A name is used once, and each language makes one.
                    body = json.loads(example.get_by_label("Body").input_value())
                    body["name"] = f"gate cameras {number}"
                    example.get_by_label("Body").fill(json.dumps(body))
                text = example.locator("pre").first
                if call in NOT_IN_NODE_CLIENT and language == "node-scaleapi":
                    expect(example).to_contain_text("has no method for this call")
                    continue
                printed[language][call] = text.inner_text()
        for language in LANGUAGES:
            for number, text in enumerate(page.locator(f"article pre[data-language={language}]").all()):
                if text.locator("xpath=ancestor::*[@data-call]").count() == 0:
                    printed[language][f"list-tasks in the text of {guide} {number}"] = text.inner_text()
    page.close()
    return printed


def run_example(folder, language, text):
    """Runs a printed example as a reader would: saved under its name, with its client installed."""
    folder.mkdir(parents=True)
    path = folder / LANGUAGES[language]
    path.write_text(text)
    if language.startswith("node"):
        (folder / "node_modules").symlink_to(NODE_MODULES)
    program = {".sh": ["sh"], ".py": [sys.executable]}.get(path.suffix, ["node"])
    return subprocess.run(
        [*program, path.name], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def check_example(call, language, done):
    """Whether the example did what its guide says."""
    told = done.stdout + done.stderr
    if call in REFUSED:
        assert REFUSED[call] in told.replace('\\"', '"'), told
        return
    assert done.returncode == 0, told
    assert "status_code" not in done.stdout, told
    if language in ("python-requests", "node-request", "node-fetch"):
        assert done.stdout.startswith("200 "), told
    if call.startswith("create-") and call != "create-project":
        assert TASK_ID.search(done.stdout), told
    if call == "create-project":
        assert "gate cameras" in done.stdout, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_i13_s25_to_s29_every_example_runs_as_printed(examples, language, tmp_path):
    assert (NODE_MODULES / "scaleapi").exists(), "run scripts/setup-node-clients first"
    calls = examples[language]
    assert len(calls) >= 15
    assert any("in the text of clients" in call for call in calls)
    assert not any("{{" in text for text in calls.values())
    with ThreadPoolExecutor(4) as pool:
        runs = {
            call: pool.submit(run_example, tmp_path / call, language, text)
            for call, text in calls.items()
        }
    for call, done in runs.items():
        check_example(call, language, done.result())


def test_s29_curl_works_when_it_waits_for_the_challenge(examples, tmp_path):
    text = examples["curl"]["list-tasks"]
    done = run_example(tmp_path / "anyauth", "curl", text.replace("curl ", "curl --anyauth -v ", 1))
    assert "401 Unauthorized" in done.stderr
    assert json.loads(done.stdout)["limit"] == 3


def test_s27_request_works_when_it_waits_for_the_challenge(examples, tmp_path):
    text = examples["node-request"]["list-tasks"].replace("pass: ''", "pass: '', sendImmediately: false")
    assert "sendImmediately" in text
    done = run_example(tmp_path / "later", "node-request", text)
    assert done.stdout.startswith("200 "), done.stdout + done.stderr


def test_examples_without_a_key_name_the_place_where_it_goes(open_docs):
    page = open_docs("/authentication")
    example = panel(page, "list-tasks")
    for language in LANGUAGES:
        example.get_by_label("Language").select_option(language)
        expect(example.locator("pre").first).to_contain_text("{{ApiKey}}")
    page.reload()
    expect(example.get_by_label("Language")).to_have_value(list(LANGUAGES)[-1])


def test_shell_lines_of_the_guides_run(open_docs, test_key):
    page = open_docs("/authentication")
    line = page.locator("pre[data-language=sh]").inner_text()
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "bGl2ZV9TY2FsZVJvY2tzOg=="
    page = open_docs("/clients")
    line = page.locator("pre[data-language=sh]").inner_text().replace("{{ApiKey}}", test_key)
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["limit"] == 3


def printed(page, title):
    """The text of the block with this name."""
    name = page.locator("figcaption").get_by_text(title, exact=True)
    return page.locator("figure").filter(has=name).locator("pre").inner_text()


FORGED = {
    "receiver": ({}, {"scale-callback-auth": "wrong"}, {"scale-callback-auth": ""}),
    "signed": (
        {},
        {"webhook-id": "cb_1", "webhook-timestamp": "1786000000", "webhook-signature": "v1,d3Jvbmc="},
    ),
}


@pytest.mark.parametrize("title", ["receiver.py", "receiver.mjs", "signed.py", "signed.mjs"])
def test_s22_case_120_receivers_of_the_guide_take_our_callbacks_and_no_others(
    server, open_docs, test, tmp_path, title
):
    path = tmp_path / title
    path.write_text(printed(open_docs("/callbacks"), title))
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    port = free_port()
    receiver = subprocess.Popen(
        [sys.executable if path.suffix == ".py" else "node", path],
        env={
            **os.environ,
            "PORT": str(port),
            "CALLBACK_AUTH_KEY": server.bootstrap["live_callback_auth_key"],
            "CALLBACK_SIGNING_SECRET": server.bootstrap["test_callback_signing_secret"],
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{port}/callbacks"
        wait_for_port(url)
        body = {"task_id": "0" * 24, "status": "completed"}
        for headers in FORGED[path.stem]:
            assert requests.post(url, json=body, headers=headers, timeout=10).status_code == 401
        task = test.create_task(
            TaskType.Categorization,
            callback_url=url,
            attachment="a",
            attachment_type="text",
            categories=["a"],
        )
        assert receiver.stdout.readline() == f"{task.id} completed\n"
    finally:
        receiver.terminate()
        receiver.wait(10)


@pytest.mark.parametrize("title", ["verify.sh", "public-key.mjs"])
def test_case_120_checks_by_hand_of_the_guide_fit_our_callbacks(
    server, open_docs, test, receiver, tmp_path, title
):
    path = tmp_path / title
    path.write_text(printed(open_docs("/callbacks"), title))
    task = test.create_task(
        TaskType.Categorization,
        callback_url=receiver.url,
        attachment="a",
        attachment_type="text",
        categories=["a"],
    )
    callback = receiver.wait_for_task(task.id)
    headers = {
        name: callback.headers[name]
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    }
    for body, right in ((callback.text, True), (callback.text + b"\n", False)):
        (tmp_path / "body.json").write_bytes(body)
        assert fits(server, path, headers) is right


def fits(server, path, headers):
    """What a check of the guide says of `body.json` beside it."""
    if path.suffix == ".sh":
        variables = {name.upper().replace("-", "_"): value for name, value in headers.items()}
        secret = {"CALLBACK_SIGNING_SECRET": server.bootstrap["test_callback_signing_secret"]}
        command, env = ["sh", path], {**os.environ, **variables, **secret}
    else:
        admin = AppClient(server.url, ADMIN_EMAIL, PASSWORD)
        signing = admin.get("/test/signing-secrets")
        key = signing["public_keys"][0]
        assert key in requests.get(signing["public_keys_url"], timeout=10).text
        (path.parent / "check.mjs").write_text(
            "import { readFileSync } from 'node:fs';\n"
            "import { isSignedByUs } from './public-key.mjs';\n"
            f"const body = readFileSync('body.json'), headers = {json.dumps(headers)};\n"
            f"process.exit(isSignedByUs('{key}', headers, body) ? 0 : 1);\n"
        )
        command, env = ["node", "check.mjs"], {**os.environ}
    return subprocess.run(command, env=env, cwd=path.parent, timeout=30).returncode == 0


def wait_for_port(url):
    """Waits until the receiver answers."""
    deadline = time.monotonic() + 20
    while True:
        try:
            requests.post(url, data="", timeout=5)
            return
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the receiver did not start"
            time.sleep(0.05)
