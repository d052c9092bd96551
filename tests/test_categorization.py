"""A labeler sorts: radios, checkboxes, one task after another, skip (labeling.md 3 and 4.9)."""

import pytest
from playwright.sync_api import expect
from scaleapi.tasks import TaskType

from conftest import LABELER_EMAIL
from workspace_page import WorkspacePage

CATEGORIES = ["animal", "food or drink", "something else"]


@pytest.fixture
def server(make_server):
    """A server for each test: its queue holds only that test's tasks."""
    return make_server()


@pytest.fixture
def create(server, receiver):
    """Creates a task of a project with categories."""
    live = server.client("live")
    live.create_project(
        "sorting",
        TaskType.Categorization,
        params={"instruction": "Choose what fits.", "categories": CATEGORIES},
    )

    def create(**parameters):
        defaults = {
            "project": "sorting",
            "attachment": server.sample_photos()[0],
            "attachment_type": "image",
            "callback_url": receiver.url,
        }
        return live.create_task(TaskType.Categorization, **{**defaults, **parameters})

    return create


@pytest.fixture
def work_page(server, log_in):
    """The Work page of a labeler."""
    return log_in(server, LABELER_EMAIL)


def test_two_tasks_in_a_row_by_radio(create, receiver, work_page):
    first, second = create(instruction="The first one."), create(instruction="The second one.")
    workspace = WorkspacePage.start(work_page)
    expect(work_page.get_by_text("The first one.")).to_be_visible()
    expect(work_page.get_by_text("Choose what fits.")).to_be_visible()
    expect(work_page.get_by_role("checkbox", name=CATEGORIES[0])).to_have_count(0)

    work_page.get_by_role("radio", name="animal", exact=True).check()
    # One may change one's mind: only the last choice counts.
    work_page.get_by_role("radio", name="food or drink", exact=True).check()
    workspace.submit_and_wait_for_next()
    expect(work_page.get_by_text("The second one.")).to_be_visible()
    expect(work_page.get_by_role("radio", name="food or drink", exact=True)).not_to_be_checked()
    work_page.get_by_role("radio", name="something else", exact=True).check()
    workspace.submit()

    answers = {}
    for task in (first, second):
        callback = receiver.wait_for_task(task.id)
        assert callback.body["status"] == "completed"
        task.refresh()
        assert callback.body["response"] == task.response
        answers[task.id] = task.response["category"]
    assert answers == {first.id: "food or drink", second.id: "something else"}
    expect(work_page.get_by_text("Nothing to label now.")).to_be_visible()


def test_several_categories_by_checkbox(create, receiver, work_page):
    task = create(allow_multiple=True, attachment="Fish and chips", attachment_type="text")
    workspace = WorkspacePage.start(work_page)
    expect(work_page.get_by_text("Fish and chips")).to_be_visible()
    expect(work_page.get_by_role("radio", name="animal")).to_have_count(0)
    for name in ("animal", "food or drink"):
        work_page.get_by_role("checkbox", name=name, exact=True).check()
    workspace.submit()
    callback = receiver.wait_for_task(task.id)
    assert sorted(callback.body["response"]["category"]) == ["animal", "food or drink"]


def test_submit_without_a_choice_says_what_is_missing_and_sends_nothing(create, work_page):
    task = create()
    WorkspacePage.start(work_page).submit()
    expect(work_page.get_by_text("Choose one category.")).to_be_visible()
    task.refresh()
    assert task.status == "pending"


def test_skipped_task_goes_to_another_labeler(
    server, create, receiver, work_page, log_in
):
    skipped, other = create(instruction="Skip me."), create(instruction="Answer me.")
    workspace = WorkspacePage.start(work_page)
    expect(work_page.get_by_text("Skip me.")).to_be_visible()
    workspace.skip("Instruction unclear")
    expect(work_page.get_by_text("Answer me.")).to_be_visible()

    server.add_user("lena@example.com", "labeler")
    colleague = log_in(server, "lena@example.com")
    WorkspacePage.start(colleague)
    expect(colleague.get_by_text("Skip me.")).to_be_visible()
    colleague.get_by_role("radio", name="animal", exact=True).check()
    WorkspacePage(colleague).submit()
    work_page.get_by_role("radio", name="animal", exact=True).check()
    workspace.submit()
    for task in (skipped, other):
        assert receiver.wait_for_task(task.id).body["status"] == "completed"


def test_reload_keeps_the_task_and_the_choice(create, receiver, work_page):
    task = create()
    workspace = WorkspacePage.start(work_page)
    claim_id = workspace.claim_id()
    work_page.get_by_role("radio", name="animal", exact=True).check()
    expect(work_page.get_by_text("Saved", exact=True)).to_be_visible()
    work_page.reload()
    assert workspace.claim_id() == claim_id
    expect(work_page.get_by_role("radio", name="animal", exact=True)).to_be_checked()
    workspace.submit()
    assert receiver.wait_for_task(task.id).body["response"] == {"category": "animal"}


def test_photo_is_shown_from_our_own_address(server, create, work_page):
    asked = []
    work_page.on("request", lambda request: asked.append(request.url))
    create()
    WorkspacePage.start(work_page)
    photo = work_page.locator("img").first
    expect(photo).to_be_visible()
    work_page.wait_for_function("image => image.naturalWidth > 0", arg=photo.element_handle())
    assert [url for url in asked if not url.startswith((server.url, "blob:"))] == []
