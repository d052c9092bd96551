"""A server that dies: `kill -9` in the middle of 1,000 creates and submits, three times. After each
restart work goes on; at the end every task, answer, charge and callback exists exactly once."""

import threading
from collections import Counter

import pytest
import requests
from scaleapi.tasks import TaskType

from app_client import AppClient
from conftest import LABELER_EMAIL
from server_process import ADMIN_EMAIL, PASSWORD

TASKS = 1_000
# The server is killed when so many creates and so many submits have been acknowledged.
KILLS = [(200, 60), (500, 300), (800, 600)]
CREATORS = 4
LABELERS = 3
PROJECT = "wagons"
CATEGORIES = ["loaded", "empty", "broken"]


def category_of(number):
    """What the labelers answer to a task; told from one another, so that a mix-up shows."""
    return CATEGORIES[number % len(CATEGORIES)]


class Load:
    """Clients and labelers that go on until all is done or the server stops answering, and keep
    what the server acknowledged to them. Lives through several servers."""

    def __init__(self, server, receiver):
        self._server = server
        self._receiver = receiver
        self._changed = threading.Condition()
        self._numbers_left = list(range(TASKS))
        self._errors = []
        self._is_killed = False
        # A submit that was sent but not acknowledged, by labeler: it is sent again.
        self._unanswered = {}
        self.task_ids = {}
        self.submitted = {}
        self._people = [
            AppClient(server.url, email, PASSWORD) for email in labeler_emails()
        ]

    def run(self, kill_at=None):
        """Runs until all is done, or until the server is killed at (creates, submits)."""
        self._is_killed = False
        for person in self._people:
            person.disconnect()
        jobs = [(self._create,)] * CREATORS + [(self._label, person) for person in self._people]
        workers = [
            threading.Thread(target=self._guard, args=job, daemon=True) for job in jobs
        ]
        for worker in workers:
            worker.start()
        if kill_at:
            creates, submits = kill_at
            with self._changed:
                reached = self._changed.wait_for(
                    lambda: self._errors
                    or (len(self.task_ids) >= creates and len(self.submitted) >= submits),
                    timeout=120,
                )
                self._is_killed = True
            self._server.kill()
            assert reached, f"only {len(self.task_ids)} creates, {len(self.submitted)} submits"
        for worker in workers:
            worker.join(timeout=120)
            assert not worker.is_alive(), (
                f"a client hangs: {len(self.task_ids)} creates, {len(self.submitted)} submits"
            )
        assert not self._errors, f"{self._errors}\n{self._server.log()}"

    def _guard(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 - told by `run`
            if isinstance(error, requests.RequestException) and self._is_killed:
                return  # The server is gone; the next round goes on.
            with self._changed:
                self._errors.append(repr(error))
                self._changed.notify_all()

    def _create(self):
        session = requests.Session()
        session.auth = (self._server.bootstrap["live_api_key"], "")
        while (number := self._take_number()) is not None:
            try:
                answer = session.post(
                    f"{self._server.url}/v1/task/categorization",
                    json={
                        "project": PROJECT,
                        "attachment": f"Load of wagon {number}",
                        "attachment_type": "text",
                        "callback_url": self._receiver.url,
                        "unique_id": f"wagon-{number}",
                        "metadata": {"number": number},
                    },
                    timeout=30,
                )
            except requests.RequestException:
                with self._changed:
                    self._numbers_left.append(number)
                raise
            if answer.status_code == 409:
                # Stored by the request that the crash left without an answer.
                found = session.get(
                    f"{self._server.url}/v1/tasks", params={"unique_id": f"wagon-{number}"}, timeout=30
                )
                task_id = found.json()["docs"][0]["task_id"]
            else:
                assert answer.status_code == 200, answer.text
                task_id = answer.json()["task_id"]
            with self._changed:
                assert self.task_ids.setdefault(number, task_id) == task_id
                self._changed.notify_all()

    def _take_number(self):
        with self._changed:
            return self._numbers_left.pop() if self._numbers_left else None

    def _label(self, person):
        if unanswered := self._unanswered.pop(person, None):
            self._submit(person, *unanswered)
        while True:
            work = person.post("/live/claims")
            if not work["claim"]:
                with self._changed:
                    # More may come as long as creators have numbers left or in hand.
                    if self._errors or len(self.submitted) >= TASKS:
                        return
                    self._changed.wait(timeout=0.05)
                continue
            number = int(work["task"]["params"]["attachment"].rsplit(" ", 1)[1])
            self._submit(person, work["claim"], number)

    def _submit(self, person, claim, number):
        body = {"epoch": claim["epoch"], "response": {"category": category_of(number)}}
        try:
            answer = person.request("POST", f"/live/claims/{claim['claim_id']}/submit", body)
        except requests.RequestException:
            self._unanswered[person] = (claim, number)
            raise
        assert answer.status_code == 200, answer.text
        with self._changed:
            assert number not in self.submitted, f"task {number} was acknowledged twice"
            self.submitted[number] = answer.json()["task_id"]
            self._changed.notify_all()


def labeler_emails():
    """The labelers' addresses."""
    return [f"labeler{number}@example.com" for number in range(LABELERS)]


def check_acknowledged(server, load):
    """Everything that was acknowledged is there, after a crash."""
    client = server.client("live")
    stored = {task.metadata["number"]: task for task in client.get_tasks(project_name=PROJECT)}
    for number, task_id in load.task_ids.items():
        assert stored[number].id == task_id
    for number, task_id in load.submitted.items():
        task = stored[number].as_dict()
        assert task["task_id"] == task_id
        assert task["status"] == "completed"
        assert task["response"]["category"] == category_of(number)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_case_49_kill_9_during_creates_and_submits_loses_and_doubles_nothing(
    make_server, receiver, engine
):
    server = make_server(engine)
    for email in labeler_emails():
        server.add_user(email, "labeler")
    server.client("live").create_project(
        PROJECT, TaskType.Categorization, params={"categories": CATEGORIES}
    )
    load = Load(server, receiver)
    for kill_at in KILLS:
        load.run(kill_at)
        server.start()
        check_acknowledged(server, load)
    load.run()

    assert len(load.task_ids) == len(set(load.task_ids.values())) == TASKS
    assert load.submitted == load.task_ids
    check_acknowledged(server, load)
    admin = AppClient(server.url, ADMIN_EMAIL, PASSWORD)
    assert admin.get("/live/tasks?limit=1")["total"] == TASKS
    assert admin.get("/live/tasks?limit=1&status=completed")["total"] == TASKS

    details = [admin.get(f"/live/tasks/{task_id}") for task_id in load.task_ids.values()]
    assert all(one["charge"]["amount_micros"] > 0 for one in details)
    usage = admin.get("/live/usage")
    assert usage["total_tasks"] == TASKS
    assert usage["total_micros"] == sum(one["charge"]["amount_micros"] for one in details)

    # One callback a task. What the killed server was sending goes out again under the same id, once
    # its lease of a minute has lapsed.
    assert Counter(len(one["callbacks"]) for one in details) == {1: TASKS}
    wanted = set(load.task_ids.values())
    receiver.wait_until(
        lambda: wanted <= {one.body["task_id"] for one in receiver.received()}, timeout_seconds=120
    )
    ids_of_task = {}
    for one in receiver.received():
        if one.body["task_id"] in wanted:
            assert one.body["response"] == one.body["task"]["response"]
            ids_of_task.setdefault(one.body["task_id"], set()).add(one.headers["webhook-id"])
    assert Counter(map(len, ids_of_task.values())) == {1: TASKS}
    all_ids = set().union(*ids_of_task.values())
    assert len(all_ids) == TASKS
