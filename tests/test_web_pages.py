"""The web app's pages in a real browser: log-in, keys, the Test / Live toggle, usage, refusals."""

import csv
import io
import re

import pytest
import requests
from playwright.sync_api import expect
from scaleapi.tasks import TaskType

from app_client import AppClient
from conftest import LABELER_EMAIL, MEMBER_EMAIL
from server_process import ADMIN_EMAIL, PASSWORD

PROJECT = "gate cameras"


@pytest.fixture(scope="module", autouse=True)
def content(server, live, test):
    """A project in each mode, a waiting live task, and a charge."""
    for client in (live, test):
        client.create_project(PROJECT, TaskType.Categorization, params={"categories": ["a", "b"]})
    live.create_project("live only", TaskType.Categorization)
    for text in ("answered", "waiting"):
        live.create_task(
            TaskType.Categorization, project=PROJECT, attachment=text, attachment_type="text"
        )
    labeler = AppClient(server.url, LABELER_EMAIL, PASSWORD)
    claim = labeler.post("/live/claims")["claim"]
    labeler.post(
        f"/live/claims/{claim['claim_id']}/submit",
        {"epoch": claim["epoch"], "response": {"category": "a"}},
    )


def mode_switch(page):
    """The Test / Live toggle."""
    return page.get_by_role("switch", name="Live mode")


def key_card(page, title):
    """The card of one key."""
    return page.get_by_role("region", name=title, exact=True)


# --- Log-in ---


def test_case_70_wrong_password_is_told_without_saying_which_part_is_wrong(server, new_page):
    texts = []
    for email in (ADMIN_EMAIL, "nobody@example.com"):
        page = new_page(f"{server.url}/login")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Log in").click()
        alert = page.get_by_role("alert").filter(has_text="password is wrong")
        expect(alert).to_be_visible()
        texts.append(alert.inner_text())
        assert page.url.endswith("/login")
    assert texts[0] == texts[1]


def test_case_60_log_in_leads_back_to_the_page_that_was_asked_for(server, new_page):
    page = new_page(f"{server.url}/live/usage")
    page.get_by_label("Email").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Usage")).to_be_visible()
    assert page.url == f"{server.url}/live/usage"


def test_case_60_log_in_never_leads_to_another_site(server, new_page):
    page = new_page(f"{server.url}/login?next=//example.com/")
    page.get_by_label("Email").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(re.escape(server.url) + "/live"))


def test_labeler_lands_on_the_work_page(server, log_in):
    page = log_in(server, LABELER_EMAIL)
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    for name in ("API Keys", "Usage"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)


def test_case_83_log_out_ends_the_session(server, log_in):
    page = log_in(server)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.context.request.get(f"{server.url}/web/session").status == 401


def test_i11_the_log_in_page_loads_nothing_from_elsewhere(server, new_page):
    page = new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/login")
    expect(page.get_by_label("Email")).to_be_visible()
    assert asked
    assert [url for url in asked if not url.startswith((f"{server.url}/", "data:", "blob:"))] == []


# --- API keys ---


@pytest.mark.parametrize("mode", ["live", "test"])
def test_cases_51_52_key_is_masked_then_revealed_and_works(server, log_in, mode):
    key = server.bootstrap[f"{mode}_api_key"]
    page = log_in(server)
    page.get_by_role("link", name="API Keys").click()
    card = key_card(page, f"{mode.capitalize()} API key")
    expect(card).to_contain_text(f"{mode}_")
    assert key not in page.content()
    card.get_by_role("button", name="Reveal").click()
    expect(card).to_contain_text(key)
    answer = requests.get(f"{server.url}/v1/tasks", auth=(key, ""), timeout=10)
    assert answer.status_code == 200
    card.get_by_role("button", name="Hide").click()
    expect(card).not_to_contain_text(key)


def test_copy_puts_the_whole_key_on_the_clipboard(server, log_in):
    page = log_in(server)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="API Keys").click()
    card = key_card(page, "Live Callback Auth Key")
    card.get_by_role("button", name="Copy").click()
    wanted = server.bootstrap["live_callback_auth_key"]
    page.wait_for_function("async text => (await navigator.clipboard.readText()) === text", arg=wanted)


def test_case_53_i4_member_is_told_who_has_access_to_keys(server, log_in):
    page = log_in(server, MEMBER_EMAIL)
    expect(page.get_by_role("link", name="API Keys", exact=True)).to_have_count(0)
    page.goto(f"{server.url}/live/api-keys")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Only Admins and Managers have access to API keys")
    expect(main).to_contain_text("ada")
    expect(page.get_by_role("button", name="Reveal")).to_have_count(0)
    for name, text in server.bootstrap.items():
        if name.endswith("_key"):
            assert text not in page.content()


# --- Test / Live toggle ---


def test_case_57_toggle_is_directly_below_the_project_list(server, log_in):
    page = log_in(server)
    projects = page.get_by_role("region", name="Projects")
    expect(projects.get_by_role("link", name=PROJECT)).to_be_visible()
    above, switch = projects.bounding_box(), mode_switch(page).bounding_box()
    bottom = above["y"] + above["height"]
    assert bottom <= switch["y"] <= bottom + 40
    assert above["x"] <= switch["x"] <= above["x"] + above["width"]


@pytest.mark.parametrize("path", ["", "/projects", "/tasks?status=completed", "/usage", "/api-keys"])
def test_case_57_i1_toggle_keeps_the_page(server, log_in, path):
    page = log_in(server)
    page.goto(f"{server.url}/live{path}")
    expect(mode_switch(page)).to_be_checked()
    mode_switch(page).click()
    page.wait_for_url(f"{server.url}/test{path}")
    expect(mode_switch(page)).not_to_be_checked()
    expect(page).to_have_title(re.compile(r"^\[Test\]"))
    page.reload()
    expect(mode_switch(page)).not_to_be_checked()
    mode_switch(page).click()
    page.wait_for_url(f"{server.url}/live{path}")


def test_case_57_i1_toggle_on_a_project_of_both_modes_keeps_it(server, log_in):
    page = log_in(server)
    page.get_by_role("region", name="Projects").get_by_role("link", name=PROJECT).click()
    page.wait_for_url(f"{server.url}/live/projects/gate%20cameras")
    mode_switch(page).click()
    page.wait_for_url(f"{server.url}/test/projects/gate%20cameras")
    expect(page.get_by_role("heading", name=PROJECT)).to_be_visible()


def test_case_58_i1_toggle_on_a_project_of_live_mode_alone_says_so(server, log_in):
    page = log_in(server)
    page.goto(f"{server.url}/live/projects/live%20only")
    expect(page.get_by_role("heading", name="live only")).to_be_visible()
    mode_switch(page).click()
    expect(page.get_by_text("live only does not exist in test mode.")).to_be_visible()
    assert page.url == f"{server.url}/test/projects"


# --- Tasks, usage, what is not there ---


def test_task_list_filters_by_the_address_and_opens_a_task(server, live, log_in):
    page = log_in(server)
    page.goto(f"{server.url}/live/tasks?status=completed")
    task = live.tasks(status="completed").docs[0]
    waiting = live.tasks(status="pending").docs[0]
    link = page.get_by_role("link", name=re.compile(task.id))
    expect(link).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(waiting.id))).to_have_count(0)
    link.click()
    page.wait_for_url(f"{server.url}/live/tasks/{task.id}")
    main = page.get_by_role("main")
    expect(main).to_contain_text(task.id)
    expect(main).to_contain_text("completed", ignore_case=True)
    expect(main).to_contain_text("0.04")


def test_usage_shows_the_charge_per_day_and_project_and_as_csv(server, log_in):
    page = log_in(server)
    page.get_by_role("link", name="Usage").click()
    row = page.get_by_role("row").filter(has_text=PROJECT)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("categorization")
    expect(row).to_contain_text("0.04")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    text = download.value.path().read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 1
    assert PROJECT in rows[0].values()
    assert "categorization" in rows[0].values()


def test_usage_of_test_mode_is_empty_and_says_why(server, test, log_in):
    test.create_task(
        TaskType.Categorization, project=PROJECT, attachment="x", attachment_type="text"
    )
    page = log_in(server)
    page.goto(f"{server.url}/test/usage")
    expect(page.get_by_text("Test mode is never charged.")).to_be_visible()


@pytest.mark.parametrize("path", ["/live/no-such-page", "/no-such-page"])
def test_unknown_address_is_a_page_that_says_so(server, log_in, path):
    page = log_in(server)
    page.goto(f"{server.url}{path}")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()


@pytest.mark.parametrize("path", ["/live/projects/nobody", "/live/tasks/66b0c4d1e5a7f30912ab34cd"])
def test_unknown_project_or_task_is_told(server, log_in, path):
    page = log_in(server)
    page.goto(f"{server.url}{path}")
    expect(page.get_by_role("main")).to_contain_text(re.compile("not found|does not exist|no such", re.I))


def test_member_does_not_see_the_usage(server, log_in):
    page = log_in(server, MEMBER_EMAIL)
    expect(page.get_by_role("link", name="Usage")).to_have_count(0)
    page.goto(f"{server.url}/live/usage")
    main = page.get_by_role("main")
    expect(main).to_contain_text(re.compile("does not permit|Only Admins and Managers"))
    expect(main).not_to_contain_text("0.04")
