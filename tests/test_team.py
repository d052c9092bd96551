"""The team on two processes that share one PostgreSQL: a change made by one holds in the other at
once (authentication.md 2.6)."""

import pytest
from scaleapi.tasks import TaskType

from app_client import AppClient
from conftest import LABELER_EMAIL, MEMBER_EMAIL
from server_process import ADMIN_EMAIL, PASSWORD, ServerProcess


@pytest.fixture(scope="module")
def two_servers(tmp_path_factory, fresh_database):
    """P1 and P2 of one account."""
    database = fresh_database()
    folder = tmp_path_factory.mktemp("two")
    first, second = ServerProcess(folder, database), ServerProcess(folder, database)
    first.make_account()
    second.bootstrap = first.bootstrap
    second.log_path = folder / "second.log"
    first.add_user(LABELER_EMAIL, "labeler")
    first.add_user(MEMBER_EMAIL, "member")
    first.add_user("max@example.com", "manager")
    first.start()
    second.start()
    yield first, second
    for server in (first, second):
        assert server.stop() == 0, server.log()


def test_case_56_a_demotion_holds_in_both_processes_at_once(two_servers):
    first, second = two_servers
    ada = AppClient(first.url, ADMIN_EMAIL, PASSWORD)
    max_on = {server: AppClient(server.url, "max@example.com", PASSWORD) for server in two_servers}
    for client in max_on.values():
        client.get("/keys")
    (max_row,) = [row for row in ada.get("/team")["people"] if row["name"] == "max"]
    done = ada.request("PUT", f"/team/people/{max_row['user_id']}/role", {"role": "member"})
    assert done.status_code == 200, done.text
    for server in (second, first):
        refused = max_on[server].request("GET", "/keys")
        assert (refused.status_code, refused.json()["code"]) == (403, "role_required")
        assert max_on[server].get("/session")["user"]["role"] == "member"


def test_case_86_a_deactivated_person_is_out_in_both_processes_and_her_task_waits(two_servers):
    first, second = two_servers
    ada = AppClient(first.url, ADMIN_EMAIL, PASSWORD)
    mia_on = {server: AppClient(server.url, MEMBER_EMAIL, PASSWORD) for server in two_servers}
    task = first.client("live").create_task(
        TaskType.Categorization, attachment="hello", attachment_type="text", categories=["a"],
        instruction="Which?",
    )
    held = mia_on[second].post("/live/claims")
    assert held["task"]["task_id"] == task.id
    (mia_row,) = [row for row in ada.get("/team")["people"] if row["name"] == "mia"]
    ada.post(f"/team/people/{mia_row['user_id']}/deactivate")
    for server in (second, first):
        assert mia_on[server].request("GET", "/session").status_code == 401
    leo = AppClient(second.url, LABELER_EMAIL, PASSWORD)
    assert leo.post("/live/claims")["task"]["task_id"] == task.id
