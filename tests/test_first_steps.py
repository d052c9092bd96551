"""Home of a new account in a real browser: from log-in to the first answer of a person. Numbers are
those of the reference on the interface."""

import base64
import re
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect
from scaleapi.tasks import TaskType

from conftest import MEMBER_EMAIL
from workspace_page import WorkspacePage

NEWCOMER_SECONDS_MAX = 180
RUN = {
    "curl": lambda text: ["bash", "-c", text],
    "Python": lambda text: [sys.executable, "-c", text],
    "Node": lambda text: ["node", "-e", text],
}


@pytest.fixture
def server(make_server):
    """A new account for each test."""
    return make_server()


def step(page, title):
    """One of the steps."""
    return page.get_by_role("listitem").filter(
        has=page.get_by_role("heading", level=3, name=re.compile(f"^{title}"))
    )


def expect_done(page, title):
    expect(step(page, title).get_by_role("heading", level=3)).to_contain_text("Done")


def expect_open(page, title):
    expect(step(page, title).get_by_role("heading", level=3)).not_to_contain_text("Done")


def create_test_task(server):
    return server.client("test").create_task(
        TaskType.Categorization, attachment="a", attachment_type="text", categories=["a"]
    )


def test_i15_a_newcomer_gets_the_first_answer_of_a_person_in_three_minutes(server, log_in):
    start = time.monotonic()
    page = log_in(server)
    for title in ("Your test key", "Create a task", "Now with a person", "Do it yourself"):
        expect_open(page, title)

    # 1. and 2.: the test key, a call, the answer that test mode makes up, drawn.
    press_in(step(page, "Your test key"), "Reveal")
    expect(step(page, "Create a task")).to_contain_text(server.bootstrap["test_api_key"])
    press_in(step(page, "Create a task"), "Try it!")
    expect_done(page, "Create a task")
    expect_done(page, "Your test key")
    expect(step(page, "Create a task")).to_contain_text("made-up answer")
    expect(step(page, "Create a task").locator("canvas, img").first).to_be_visible()

    # 3. The same call with the live key.
    press_in(step(page, "Now with a person"), "Try it!")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("a charge")
    dialog.get_by_role("textbox").fill("live")
    press_in(dialog, "Create the task")
    expect_done(page, "Now with a person")
    expect_open(page, "Do it yourself")

    # 4. The workspace.
    step(page, "Do it yourself").get_by_role("link", name="Open the workspace").click()
    workspace = WorkspacePage.start(page)
    width, height = workspace.picture_size()
    workspace.choose_tool("Box")
    workspace.drag((width * 0.3, height * 0.3), (width * 0.6, height * 0.6))
    workspace.expect_objects(1)
    workspace.submit()
    page.wait_for_url(re.compile("/live/label(\\?.*)?$"))
    page.goto(f"{server.url}/live")
    expect(page.get_by_role("heading", name="Tasks by status")).to_be_visible()
    expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    page.get_by_role("link", name="Look at its answer, callback and charge").click()
    expect(page.get_by_role("row").filter(has_text="imageannotation")).to_have_count(1)
    assert time.monotonic() - start < NEWCOMER_SECONDS_MAX


def press_in(where, name):
    where.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("mode", ["live", "test"])
def test_i15_the_step_ticks_by_itself_when_a_program_makes_the_task(server, log_in, mode):
    page = log_in(server)
    page.goto(f"{server.url}/{mode}")
    expect_open(page, "Create a task")
    task = create_test_task(server)
    expect_done(page, "Create a task")
    link = step(page, "Create a task").get_by_role("link", name="Open the task")
    expect(link).to_have_attribute("href", f"/test/tasks/{task.id}")


def test_i12_try_it_sends_the_key_as_user_name_with_a_blank_password(server, log_in):
    page = log_in(server)
    with page.expect_request(re.compile("/v1/task/")) as sent:
        press_in(step(page, "Create a task"), "Try it!")
    key = server.bootstrap["test_api_key"]
    headers = sent.value.all_headers()
    assert headers["authorization"] == f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"
    assert "cookie" not in headers
    expect_done(page, "Create a task")


@pytest.mark.parametrize("language", list(RUN))
def test_i13_the_printed_call_runs_as_it_is_copied(server, log_in, language):
    page = log_in(server)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box = step(page, "Create a task")
    box.get_by_role("radio", name=language).check()
    assert server.bootstrap["test_api_key"] not in page.content()
    press_in(box, "Copy")
    expect(box.get_by_text("Copied the call.")).to_be_attached()
    text = page.evaluate("navigator.clipboard.readText()")
    assert server.bootstrap["test_api_key"] in text
    done = subprocess.run(
        RUN[language](text), capture_output=True, text=True, timeout=60, check=True
    )
    assert "task_id" in done.stdout, done.stderr
    expect_done(page, "Create a task")


def test_members_read_the_words_and_may_try_a_key_they_were_given(server, log_in):
    page = log_in(server, MEMBER_EMAIL)
    expect(step(page, "Your test key")).to_contain_text("Only Admins and Managers have access to API keys")
    expect(step(page, "Your test key").get_by_role("button", name="Ask an Admin")).to_be_visible()
    box = step(page, "Create a task")
    field = box.get_by_label("API Key (username)")
    for text, told in (
        ("", "API Key is required"),
        (server.bootstrap["test_api_key"][:-1], "mistyped or cut off"),
        (server.bootstrap["live_api_key"], "This is a live key"),
        ("something-else-altogether", "401"),
    ):
        field.fill(text)
        press_in(box, "Try it!")
        expect(box).to_contain_text(told)
    expect_open(page, "Create a task")
    field.fill(server.bootstrap["test_api_key"])
    press_in(box, "Try it!")
    expect_done(page, "Create a task")


def test_the_steps_stay_closed_until_they_are_asked_for(server, log_in):
    page = log_in(server)
    press_in(page, "Close the first steps")
    expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="Show the first steps")).to_be_visible()
    expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    press_in(page, "Show the first steps")
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()


def test_i11_home_asks_nobody_else(server, log_in):
    page = log_in(server)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    press_in(step(page, "Create a task"), "Try it!")
    expect_done(page, "Create a task")
    expect(step(page, "Create a task").locator("canvas, img").first).to_be_visible()
    assert asked
    assert [url for url in asked if not url.startswith((f"{server.url}/", "data:", "blob:"))] == []


def test_i14_news_come_again_after_the_stream_was_cut(server, log_in):
    page = log_in(server)
    page.goto(f"{server.url}/test")
    expect_open(page, "Create a task")
    page.context.set_offline(True)
    create_test_task(server)
    page.context.set_offline(False)
    expect_done(page, "Create a task")
