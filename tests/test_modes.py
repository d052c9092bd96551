"""Test and live mode are databases of their own: what happens to one leaves the other alone
(authentication.md 2.8)."""

from urllib.parse import urlsplit

import psycopg
import pytest

TASK = {"attachment": "x", "attachment_type": "text", "categories": ["a", "b"]}


def make_task(server, mode):
    answer = server.api(mode, "POST", "/task/categorization", json=TASK)
    assert answer.status_code == 200, answer.text
    return answer.json()["task_id"]


def status(server, mode, path="/tasks"):
    return server.api(mode, "GET", path).status_code


def check(server, live_task):
    """Test mode is out of order; live mode goes on."""
    refused = server.api("test", "GET", "/tasks")
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) >= 1
    assert server.api("test", "POST", "/task/categorization", json=TASK).status_code == 503
    assert status(server, "live", f"/task/{live_task}") == 200
    make_task(server, "live")


def check_empty(server, live_task):
    """Test mode is empty and works; live mode has what it had."""
    assert server.api("test", "GET", "/tasks").json()["total"] == 0
    make_task(server, "test")
    assert server.api("live", "GET", "/tasks").json()["total"] == 2
    assert status(server, "live", f"/task/{live_task}") == 200


def test_case_47_an_unreadable_test_database_stops_test_mode_alone_on_sqlite(make_server):
    server = make_server()
    live_task = make_task(server, "live")
    make_task(server, "test")
    server.stop()
    # Started anew, the server has nothing of the file in its memory.
    server.start()
    for name in ("test.db", "test.db-wal"):
        path = server.data_dir / name
        if path.exists():
            with path.open("r+b") as file:
                file.write(b"\xa5" * path.stat().st_size)
    check(server, live_task)
    server.kill()
    for path in server.data_dir.glob("test.db*"):
        path.unlink()
    server.start()
    check_empty(server, live_task)


def test_case_47_a_test_database_that_is_gone_stops_test_mode_alone_on_postgres(
    make_server, fresh_database
):
    database = fresh_database()
    name = urlsplit(database).path[1:]
    server = make_server("postgres", ["--test-database", database])
    live_task = make_task(server, "live")
    make_task(server, "test")
    away = urlsplit(database)._replace(path="/postgres").geturl()
    with psycopg.connect(away, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    check(server, live_task)
    with psycopg.connect(away, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    assert server.stop() == 0
    server.start()
    check_empty(server, live_task)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_case_42_a_live_project_named_with_the_test_key_leaves_nothing(make_server, engine):
    server = make_server(engine)
    project = {"name": "cows", "type": "categorization"}
    assert server.api("live", "POST", "/projects", json=project).status_code == 200
    refused = server.api("test", "POST", "/task/categorization", json={**TASK, "project": "cows"})
    assert refused.status_code == 404, refused.text
    assert 'Project "cows" does not exist in test mode' in refused.json()["error"]
    for mode in ("live", "test"):
        assert server.api(mode, "GET", "/tasks").json()["total"] == 0
