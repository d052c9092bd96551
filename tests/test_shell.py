"""Around every page: the Test / Live toggle, search and the keys that open pages. Case numbers are
those of the reference on authentication, I numbers those of the reference on the interface."""

import pytest
import requests
from playwright.sync_api import expect
from scaleapi.tasks import TaskType


def mode_switch(page):
    return page.get_by_role("switch", name="Live mode")


def test_case_57_i1_the_toggle_works_by_the_keyboard_and_back_returns(server, log_in):
    page = log_in(server)
    page.goto(f"{server.url}/live/tasks?status=completed")
    expect(mode_switch(page)).to_be_checked()
    mode_switch(page).focus()
    page.keyboard.press("Space")
    page.wait_for_url(f"{server.url}/test/tasks?status=completed")
    expect(mode_switch(page)).not_to_be_checked()
    page.go_back()
    page.wait_for_url(f"{server.url}/live/tasks?status=completed")
    expect(mode_switch(page)).to_be_checked()


def test_case_58_a_task_of_one_mode_leads_to_the_list_of_the_other(server, live, log_in):
    task = live.create_task(
        TaskType.Categorization, attachment="x", attachment_type="text", categories=["a"]
    )
    page = log_in(server)
    page.goto(f"{server.url}/live/tasks/{task.id}")
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_visible()
    mode_switch(page).click()
    page.wait_for_url(f"{server.url}/test/tasks")
    expect(page.get_by_text("This task does not exist in test mode.")).to_be_visible()


def test_case_59_i2_two_tabs_keep_their_modes_apart(server, live, test, log_in, unique):
    names = {mode: unique(f"only {mode}") for mode in ("live", "test")}
    for client, mode in ((live, "live"), (test, "test")):
        client.create_project(names[mode], TaskType.Categorization)
    tabs = {"live": log_in(server)}
    # Not the page Home: its first steps look at both modes.
    tabs["live"].goto(f"{server.url}/live/projects")
    expect(tabs["live"].get_by_role("heading", name="Projects", level=1)).to_be_visible()
    tabs["test"] = tabs["live"].context.new_page()
    asked = {"live": [], "test": []}
    for mode, tab in tabs.items():
        tab.on("request", lambda request, mode=mode: asked[mode].append(request.url))
    for step in range(20):
        mode = ("live", "test")[step % 2]
        tab, other = tabs[mode], {"live": "test", "test": "live"}[mode]
        tab.goto(f"{server.url}/{mode}/{('projects', 'tasks')[step // 2 % 2]}")
        expect(tab.get_by_role("region", name="Projects").get_by_text(names[mode])).to_be_visible()
        expect(tab.get_by_text(names[other])).to_have_count(0)
        assert not [url for url in asked[mode] if f"/web/{other}/" in url]


@pytest.fixture(scope="module")
def many_projects(make_server):
    """A server with 500 live projects."""
    server = make_server()
    client = server.client("live")
    for number in range(500):
        client.create_project(f"project {number:03}", TaskType.Categorization)
    return server


@pytest.mark.parametrize("width", [1280, 1000, 700])
def test_i3_the_toggle_is_in_view_with_500_projects(many_projects, log_in, width):
    page = log_in(many_projects)
    page.set_viewport_size({"width": width, "height": 600})
    page.goto(f"{many_projects.url}/live/projects")
    expect(page.get_by_role("main").get_by_text("project 499")).to_be_attached()
    box = mode_switch(page).bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 600
    assert box["x"] + box["width"] <= width
    mode_switch(page).click()
    page.wait_for_url(f"{many_projects.url}/test/projects")


# --- Search and keys ---


def test_search_opens_pages_projects_and_tasks(server, live, log_in, unique):
    name = unique("weigh bridge cameras/ü")
    live.create_project(name, TaskType.Categorization)
    task = live.create_task(
        TaskType.Categorization, project=name, attachment="x", attachment_type="text", categories=["a"]
    )
    page = log_in(server)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for text, path in (
        ("api k", "/live/api-keys"),
        (name, f"/live/projects/{requests.utils.quote(name, safe='')}"),
        (task.id, f"/live/tasks/{task.id}"),
    ):
        page.keyboard.press("Control+k")
        dialog = page.get_by_role("dialog", name="Search")
        field = dialog.get_by_role("combobox")
        expect(field).to_be_focused()
        field.fill(text)
        expect(dialog.get_by_role("option").first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{server.url}{path}")


def test_g_and_a_letter_open_pages_but_not_from_a_field(server, log_in):
    page = log_in(server)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for letter, path in (("k", "/live/api-keys"), ("u", "/live/usage"), ("t", "/live/tasks"), ("h", "/live")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(f"{server.url}{path}")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("g then k", ignore_case=True)
    page.keyboard.press("Escape")
    page.goto(f"{server.url}/live/tasks")
    page.get_by_role("main").get_by_role("textbox").first.focus()
    page.keyboard.type("gk?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url.startswith(f"{server.url}/live/tasks")


# --- For everyone ---
