"""What the official client's own v1 tests demand of a server (reference/api-v1.md 7.5), by that
client in test mode, as those tests run. Each name begins with its row of that table."""

from datetime import datetime, timedelta, timezone

import pytest
import scaleapi
from scaleapi.exceptions import (
    ScaleDuplicateResource,
    ScaleInvalidRequest,
    ScaleResourceNotFound,
    ScaleUnauthorized,
)
from scaleapi.tasks import TaskStatus, TaskType

# Nobody answers there: in test mode attachments are not fetched.
PHOTO = "https://pictures.example.invalid/street.jpg"
CALLBACK = "https://customer.example.invalid/callback"
WEBSITE = "https://www.example.invalid/"

SERVED = {
    TaskType.Categorization: {
        "attachment_type": "website",
        "attachment": WEBSITE,
        "force": True,
        "categories": ["public", "private"],
    },
    TaskType.Transcription: {
        "attachment_type": "website",
        "attachment": WEBSITE,
        "fields": {"title": "Title of the page", "top_result": "Title of the first result"},
        "repeatable_fields": {"username": "Author", "comment_count": "Number of comments"},
    },
    TaskType.ImageAnnotation: {
        "attachment": PHOTO,
        "geometries": {
            "box": {"min_height": 10, "min_width": 10, "objects_to_annotate": ["car"]},
            "polygon": {"min_vertices": 4, "max_vertices": 20, "objects_to_annotate": ["road"]},
            "line": {"objects_to_annotate": ["lane"]},
            "point": {"objects_to_annotate": ["hook"]},
        },
        "annotation_attributes": {
            "occluded": {"type": "category", "choices": ["yes", "no"], "description": "Hidden?"}
        },
    },
    TaskType.Annotation: {
        "attachment": PHOTO,
        "attachment_type": "image",
        "min_width": "30",
        "min_height": "30",
        "objects_to_annotate": ["baby cow", "big cow"],
        "with_labels": True,
        "examples": [{"correct": False, "image": PHOTO, "explanation": "The box is too large."}],
    },
    TaskType.PolygonAnnotation: {
        "attachment": PHOTO,
        "attachment_type": "image",
        "objects_to_annotate": ["large vehicle"],
        "with_labels": True,
    },
    TaskType.LineAnnotation: {
        "attachment": PHOTO,
        "attachment_type": "image",
        "objects_to_annotate": ["lane"],
        "with_labels": True,
    },
    TaskType.PointAnnotation: {
        "attachment": PHOTO,
        "attachment_type": "image",
        "objects_to_annotate": ["eye"],
        "with_labels": True,
    },
    TaskType.DataCollection: {
        "attachment_type": "website",
        "attachment": WEBSITE,
        "fields": {"phone": "Telephone number"},
    },
    TaskType.NamedEntityRecognition: {
        "text": "Example Works opened in Lagos.",
        "labels": [
            {"name": "company", "description": "A company"},
            {"name": "place", "description": "A place"},
        ],
        "merge_newlines": True,
    },
    TaskType.TextCollection: {
        "attachments": [{"type": "image", "content": PHOTO}],
        "fields": [
            {"type": "text", "field_id": "plate", "title": "Number plate", "required": True}
        ],
    },
}

# What each type cannot do without: removing it must be refused by name.
NEEDED = [
    *[
        (task_type, "attachment")
        for task_type in SERVED
        if task_type not in (TaskType.NamedEntityRecognition, TaskType.TextCollection)
    ],
    (TaskType.Categorization, "categories"),
    (TaskType.ImageAnnotation, "geometries"),
    (TaskType.Annotation, "objects_to_annotate"),
    (TaskType.DataCollection, "fields"),
    (TaskType.NamedEntityRecognition, "text"),
    (TaskType.NamedEntityRecognition, "labels"),
    (TaskType.TextCollection, "fields"),
]


def type_name(value):
    """Names of parameters in the tests' names."""
    return getattr(value, "value", str(value))


def categorize(client, **parameters):
    """A small task."""
    return client.create_task(
        TaskType.Categorization,
        **{
            "callback_url": CALLBACK,
            "instruction": "Is this page public?",
            **SERVED[TaskType.Categorization],
            **parameters,
        },
    )


@pytest.fixture
def project(test, unique):
    """A new project of test mode."""
    return test.create_project(unique("project"), TaskType.Categorization).name


@pytest.fixture
def batch(test, project, unique):
    """A new batch of test mode."""
    return test.create_batch(project, unique("batch"))


def test_start_up_an_unknown_project_is_made_without_params(test, unique):
    name = unique("first project")
    with pytest.raises(ScaleResourceNotFound):
        test.get_project(name)
    made = test.create_project(name, TaskType.ImageAnnotation)
    assert made.name == name
    assert made.type == "imageannotation"
    again = test.get_project(name)
    assert again.name == name
    assert isinstance(again.as_dict()["param_history"], list)
    assert name in [project.name for project in test.get_projects()]


def test_start_up_a_project_name_is_used_once(test, project):
    with pytest.raises(ScaleDuplicateResource):
        test.create_project(project, TaskType.Categorization)


def test_project_params_have_versions_and_are_inherited(test, unique):
    name = unique("inheriting project")
    test.create_project(name, TaskType.Categorization, params={"categories": ["a", "b"]})
    updated = test.update_project(name, patch=True, instruction="Choose one.")
    assert updated.version == 1
    assert updated.instruction == "Choose one."
    task = test.create_task(
        TaskType.Categorization, project=name, attachment=WEBSITE, attachment_type="website"
    )
    stored = test.get_task(task.id)
    assert stored.params["categories"] == ["a", "b"]
    assert stored.as_dict()["project_param_version"] == 1


def test_case_25_dummy_key_is_unauthorized(server):
    client = scaleapi.ScaleClient("dummy_api_key", api_instance_url=f"{server.url}/v1")
    with pytest.raises(ScaleUnauthorized):
        client.batches(limit=1)


def test_unique_id_twice_is_a_duplicate_that_names_the_first_task(test, unique):
    unique_id = unique("same id")
    task = categorize(test, unique_id=unique_id)
    assert test.get_task(task.id).unique_id == unique_id
    with pytest.raises(ScaleDuplicateResource) as refused:
        categorize(test, unique_id=unique_id)
    assert task.id in str(refused.value)
    assert [found.id for found in test.tasks(unique_id=unique_id)] == [task.id]


def test_unique_id_is_updated_and_cleared(test, unique):
    first, second = unique("first id"), unique("second id")
    task = categorize(test, unique_id=first)
    task.update_unique_id(second)
    task.refresh()
    assert task.unique_id == second
    task.clear_unique_id()
    task.refresh()
    with pytest.raises(AttributeError):
        _ = task.unique_id
    assert categorize(test, unique_id=first).id != task.id


def test_metadata_is_empty_at_first_then_as_set(test):
    task = test.get_task(categorize(test).id)
    assert task.metadata == {}
    metadata = {"lane": 4, "nested": {"a": [1, "ü"]}}
    task.set_metadata(metadata)
    task.refresh()
    assert task.metadata == metadata
    task.set_metadata({})
    task.refresh()
    assert task.metadata == {}


def test_tags_are_absent_at_first_then_set_added_and_deleted_in_order(test):
    task = test.get_task(categorize(test).id)
    with pytest.raises(AttributeError):
        _ = task.tags
    task.set_tags(["tag1", "tag2", "tag3"])
    task.refresh()
    assert task.tags == ["tag1", "tag2", "tag3"]
    task.add_tags(["tag4", "tag2"])
    task.refresh()
    assert task.tags == ["tag1", "tag2", "tag3", "tag4"]
    task.delete_tags(["tag1", "tag3", "no such tag"])
    task.refresh()
    assert task.tags == ["tag2", "tag4"]
    task.set_tags([])
    task.refresh()
    assert task.tags == []


@pytest.mark.parametrize("task_type", SERVED, ids=type_name)
def test_creation_works_and_test_mode_completes_it(test, task_type):
    sent = SERVED[task_type]
    task = test.create_task(
        task_type, callback_url=CALLBACK, instruction="Please look closely.", **sent
    )
    assert task.status == TaskStatus.Pending.value
    stored = test.get_task(task.id)
    assert stored.status == TaskStatus.Completed.value
    assert stored.type == task_type.value
    assert stored.callback_url == CALLBACK
    assert stored.instruction == "Please look closely."
    assert stored.metadata == {}
    assert stored.created_at == task.created_at
    assert stored.as_dict()["is_test"] is True
    assert isinstance(stored.as_dict()["response"], dict)
    for name in ("attachment", "attachment_type"):
        if name in sent:
            assert stored.params[name] == task.params[name] == sent[name]


@pytest.mark.parametrize(("task_type", "parameter"), NEEDED, ids=type_name)
def test_creation_without_what_it_needs_is_refused(test, task_type, parameter):
    parameters = {name: value for name, value in SERVED[task_type].items() if name != parameter}
    total = test.tasks(limit=1).total
    with pytest.raises(ScaleInvalidRequest, match=parameter):
        test.create_task(task_type, callback_url=CALLBACK, **parameters)
    assert test.tasks(limit=1).total == total


def test_creation_of_a_type_that_is_not_served_says_so(test):
    with pytest.raises(ScaleInvalidRequest, match="lidarannotation"):
        test.create_task(TaskType.LidarAnnotation, attachments=[PHOTO], labels=["car"])


def test_creation_needs_no_callback_url(test):
    task = test.create_task(TaskType.Categorization, **SERVED[TaskType.Categorization])
    assert "callback_url" not in test.get_task(task.id).as_dict()


def test_cancel_right_after_creation_is_refused_in_test_mode(test):
    task = categorize(test)
    with pytest.raises(ScaleInvalidRequest):
        task.cancel()


def test_cancel_of_a_waiting_live_task(live):
    task = categorize(live)
    task.cancel()
    task.refresh()
    assert task.status == TaskStatus.Canceled.value
    with pytest.raises(ScaleInvalidRequest):
        task.cancel()


def test_unknown_task_id_is_not_found(test):
    with pytest.raises(ScaleResourceNotFound):
        test.get_task("fake_id_qwertyuiop")


def test_case_45_task_of_the_other_mode_is_not_found(test, live):
    task = categorize(live)
    with pytest.raises(ScaleResourceNotFound):
        test.get_task(task.id)
    task.cancel()


def test_tasks_of_an_empty_half_second(test):
    categorize(test)
    start = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=365)
    end = start + timedelta(microseconds=500_001)
    found = test.tasks(start_time=str(start), end_time=end.isoformat())
    assert found.docs == []
    assert found.total == 0
    assert found.has_more is False


def test_tasks_with_limit_three_are_the_newest_three(test):
    made = [categorize(test).id for _ in range(4)]
    found = test.tasks(limit=3)
    assert [task.id for task in found.docs] == made[:0:-1]
    assert found.limit == 3
    assert found.has_more is True


def test_tasks_refuses_an_unknown_filter_before_any_call(test):
    with pytest.raises(ScaleInvalidRequest):
        test.tasks(bogus=0)


def test_batches_with_limit_three_are_the_newest_three(test, project, unique):
    made = [test.create_batch(project, unique("batch")).name for _ in range(4)]
    found = test.batches(limit=3)
    assert [batch.name for batch in found.docs] == made[:0:-1]
    assert found.has_more is True


def test_get_tasks_pages_to_the_end_by_next_token(test, project, batch):
    made = {categorize(test, project=project, batch=batch.name).id for _ in range(3)}
    found = [task.id for task in test.get_tasks(project_name=project, batch_name=batch.name, limit=1)]
    assert len(found) == 3
    assert set(found) == made


def test_get_tasks_filters_by_status_type_tags_and_time(test, project, batch, unique):
    tag = unique("tag")
    task = categorize(test, project=project, batch=batch.name, tags=[tag])
    categorize(test, project=project, batch=batch.name)
    found = test.get_tasks(
        project_name=project,
        batch_name=batch.name,
        status=TaskStatus.Completed,
        task_type=TaskType.Categorization,
        tags=[tag],
        created_after=datetime.now(timezone.utc) - timedelta(hours=1),
    )
    assert [one.id for one in found] == [task.id]


def test_get_tasks_count_is_the_exact_total(test, project, batch):
    for _ in range(3):
        categorize(test, project=project, batch=batch.name)
    assert test.get_tasks_count(project_name=project) == 3
    assert test.tasks(project=project).total == 3
    assert test.tasks(project=project, limit=1).total == 3


def test_batches_total_is_the_number_of_batches(test, project, unique):
    for _ in range(3):
        test.create_batch(project, unique("batch"))
    total = test.batches(project=project, limit=1).total
    assert total == len(list(test.get_batches(project_name=project))) == 3


def test_new_batch_is_in_progress_and_keeps_its_metadata(test, project, unique):
    name = unique("batch with metadata")
    batch = test.create_batch(
        project, name, callback=CALLBACK, metadata={"site": "north", "count": 3}
    )
    assert batch.status == "in_progress"
    assert batch.get_status()["status"] == "in_progress"
    stored = test.get_batch(name)
    assert stored.name == name
    assert stored.project == project
    assert stored.metadata == {"site": "north", "count": 3}
    changed = test.set_batch_metadata(name, {"site": "south"})
    assert changed.metadata == {"site": "south"}


def test_new_empty_batch_can_be_finalized(test, batch):
    batch.finalize()
    assert test.get_batch(batch.name).status == "in_progress"


def test_batch_status_counts_its_tasks(test, project, batch):
    categorize(test, project=project, batch=batch.name)
    categorize(test, project=project, batch=batch.name)
    status = test.batch_status(batch.name)
    assert status["completed"] == 2


def test_batch_of_an_unknown_project_is_not_found(test, unique):
    with pytest.raises(ScaleResourceNotFound):
        test.create_batch(unique("no such project"), unique("batch"))


def test_names_with_spaces_slashes_and_umlauts_work_in_paths(test, unique):
    project = test.create_project(unique("a b/ü?#%"), TaskType.Categorization)
    batch = test.create_batch(project.name, unique("b/ä %2F"))
    assert test.get_project(project.name).name == project.name
    assert test.get_batch(batch.name).name == batch.name
