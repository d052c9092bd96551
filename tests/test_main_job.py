"""The main job, end to end: a client's task, a person's answer, a callback, a charge; in test mode
the same without a person (issue: points 1 to 5). By the official client and a real browser, on both
database engines."""

import math
import re
import time

import pytest
from playwright.sync_api import expect
from scaleapi.exceptions import ScaleResourceNotFound
from scaleapi.tasks import TaskStatus, TaskType

from app_client import AppClient
from conftest import LABELER_EMAIL
from server_process import ADMIN_EMAIL, PASSWORD
from workspace_page import WorkspacePage

PROJECT = "street scenes"
PRICE_MICROS = 120_000
GEOMETRIES = {
    "box": {"min_width": 20, "min_height": 10, "objects_to_annotate": ["face", "helmet"]},
    "polygon": {"min_vertices": 3, "max_vertices": 6, "objects_to_annotate": ["suit"]},
}
INSTRUCTION = "Draw a box around the face and a polygon around the suit."


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request, make_server):
    """A server on each engine; every test here runs on both."""
    return make_server(request.param)


def create_annotation(client, server, receiver, **parameters):
    """A task on a photo that the server itself serves."""
    defaults = {
        "project": PROJECT,
        "attachment": server.sample_photos()[0],
        "geometries": GEOMETRIES,
        "instruction": INSTRUCTION,
        "callback_url": receiver.url,
    }
    return client.create_task(TaskType.ImageAnnotation, **{**defaults, **parameters})


def wait_for_task(client, task_id, condition):
    """Asks for a task until a condition holds: how a callback ended is noted after its arrival."""
    deadline = time.monotonic() + 30
    while not condition((task := client.get_task(task_id)).as_dict()):
        assert time.monotonic() < deadline, f"the task stays {task.as_dict()}"
        time.sleep(0.02)
    return task


def test_case_49_live_task_is_drawn_by_a_person_called_back_and_charged(
    server, live, receiver, admin, log_in
):
    # 1. The client creates a project, a batch and tasks.
    live.create_project(PROJECT, TaskType.ImageAnnotation)
    live.create_batch(PROJECT, "june")
    tasks = [
        create_annotation(live, server, receiver, batch="june", unique_id=f"photo-{number}")
        for number in range(2)
    ]
    assert [task.status for task in tasks] == [TaskStatus.Pending.value] * 2
    assert admin.get("/live/usage")["total_tasks"] == 0

    # 2. The labeler draws.
    page = log_in(server, LABELER_EMAIL)
    workspace = WorkspacePage.start(page)
    expect(page.get_by_text(INSTRUCTION)).to_be_visible()
    width, height = workspace.picture_size()
    box = (width * 0.4, height * 0.2, width * 0.6, height * 0.4)
    suit = [(width * 0.4, height * 0.6), (width * 0.7, height * 0.65), (width * 0.5, height * 0.9)]
    workspace.choose_tool("Box")
    workspace.choose_label("face")
    workspace.drag(box[:2], box[2:])
    workspace.expect_objects(1)
    workspace.choose_tool("Polygon")
    workspace.choose_label("suit")
    workspace.click(*suit)
    workspace.press("Enter")
    workspace.expect_objects(2)
    first, second = workspace.objects()
    assert re.search(r"1\. face, box", first)
    assert re.search(r"2\. suit, polygon", second)
    claim_id = workspace.claim_id()
    workspace.submit_and_wait_for_next()
    assert workspace.claim_id() != claim_id
    workspace.expect_objects(0)
    assert workspace.picture_size() == (width, height)

    # 3. The callback, the answer, the charge.
    callback = receiver.wait_for_task(tasks[0].id)
    auth = server.bootstrap["live_callback_auth_key"]
    assert callback.headers["scale-callback-auth"] == auth
    assert callback.headers["content-type"].startswith("application/json")
    assert callback.body["status"] == "completed"
    assert callback.body["task"]["task_id"] == tasks[0].id
    done = wait_for_task(live, tasks[0].id, lambda task: "callback_succeeded" in task).as_dict()
    assert done["callback_succeeded"] is True
    assert done["status"] == "completed"
    assert done["batch"] == "june"
    assert done["response"] == callback.body["response"] == callback.body["task"]["response"]
    drawn_box, drawn_polygon = done["response"]["annotations"]
    # A pointer stands on whole pixels of the screen, of which the picture has its own number.
    tolerance = 2 * max(width / 400, 1)
    assert (drawn_box["type"], drawn_box["label"]) == ("box", "face")
    assert drawn_box["left"] == pytest.approx(box[0], abs=tolerance)
    assert drawn_box["top"] == pytest.approx(box[1], abs=tolerance)
    assert drawn_box["width"] == pytest.approx(box[2] - box[0], abs=tolerance)
    assert drawn_box["height"] == pytest.approx(box[3] - box[1], abs=tolerance)
    assert (drawn_polygon["type"], drawn_polygon["label"]) == ("polygon", "suit")
    assert len(drawn_polygon["vertices"]) == len(suit)
    for vertex, point in zip(drawn_polygon["vertices"], suit, strict=True):
        assert math.dist((vertex["x"], vertex["y"]), point) <= 2 * tolerance
    assert len(receiver.of_task(tasks[0].id)) == 1

    usage = admin.get("/live/usage")
    assert (usage["total_tasks"], usage["total_micros"]) == (1, PRICE_MICROS)
    page = log_in(server, ADMIN_EMAIL)
    page.get_by_role("link", name="Usage").click()
    row = page.get_by_role("row").filter(has_text=PROJECT)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("imageannotation")
    expect(row).to_contain_text("0.12")


def test_case_48_test_task_is_completed_at_once_and_costs_nothing(server, live, test, receiver, admin):
    queue = AppClient(server.url, LABELER_EMAIL, PASSWORD)
    before = queue.get("/live/queue"), admin.get("/live/usage")
    test.create_project(PROJECT, TaskType.ImageAnnotation)
    test.create_batch(PROJECT, "june")
    for _ in range(20):
        made = create_annotation(test, server, receiver, batch="june")
        task = test.get_task(made.id).as_dict()
        assert task["status"] == "completed"
        assert task["is_test"] is True
        check_made_up(task["response"]["annotations"])

    # 4. Its own callback, with the Live Callback Auth Key, as receivers of the original expect.
    callback = receiver.wait_for_task(made.id)
    assert callback.body["task"]["is_test"] is True
    assert callback.body["response"] == task["response"]
    assert callback.headers["scale-callback-auth"] == server.bootstrap["live_callback_auth_key"]
    wait_for_task(test, made.id, lambda one: one.get("callback_succeeded") is True)
    assert (queue.get("/live/queue"), admin.get("/live/usage")) == before
    with pytest.raises(ScaleResourceNotFound):
        live.get_task(made.id)


def check_made_up(annotations):
    """A made-up answer keeps to what the request asked for."""
    assert annotations
    for one in annotations:
        asked = GEOMETRIES[one["type"]]
        assert one["label"] in asked["objects_to_annotate"]
        if one["type"] == "box":
            assert one["width"] >= asked["min_width"]
            assert one["height"] >= asked["min_height"]
            assert min(one["left"], one["top"]) >= 0
        else:
            assert asked["min_vertices"] <= len(one["vertices"]) <= asked["max_vertices"]
    assert len({one["uuid"] for one in annotations}) == len(annotations)


def test_unreachable_attachment_does_not_hold_a_test_task_up(server, test, receiver):
    # Nobody listens on port 9 of this machine.
    made = create_annotation(
        test, server, receiver, project=None, attachment="http://127.0.0.1:9/gone.jpg"
    )
    assert test.get_task(made.id).status == "completed"
    assert receiver.wait_for_task(made.id).body["status"] == "completed"


def test_case_42_live_project_named_with_the_test_key_is_an_error_that_says_why(
    server, live, test, receiver
):
    live.create_project("live cows", TaskType.ImageAnnotation)
    with pytest.raises(ScaleResourceNotFound) as refused:
        create_annotation(test, server, receiver, project="live cows")
    assert "live cows" in str(refused.value)
    assert "test mode" in str(refused.value)
    with pytest.raises(ScaleResourceNotFound) as unknown:
        create_annotation(test, server, receiver, project="nobody's cows")
    # The same words as for a project that exists nowhere.
    assert str(unknown.value) == str(refused.value).replace("live cows", "nobody's cows")
