"""A full disk: creates are answered 503, nothing is half-written, and work goes on once there is room."""

import subprocess

import requests

from conftest import DISK_BYTES
from server_process import ServerProcess


def test_a_full_disk_is_503_and_leaves_nothing_half_written(small_disk):
    server = ServerProcess(small_disk)
    server.make_account()
    server.start()
    try:
        auth = (server.bootstrap["live_api_key"], "")
        body = {
            "attachment": "hello",
            "categories": ["a", "b"],
            "metadata": {"filler": "x" * 8_000},
        }

        def create():
            return requests.post(
                f"{server.url}/v1/task/categorization", json=body, auth=auth, timeout=20
            )

        acknowledged = []
        answer = create()
        while answer.status_code == 200:
            acknowledged.append(answer.json()["task_id"])
            assert len(acknowledged) < 5_000, "the disk does not fill"
            answer = create()
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] in ("storage_full", "storage_unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert requests.get(f"{server.url}/healthz", timeout=20).status_code == 200

        listed = requests.get(f"{server.url}/v1/tasks?limit=1", auth=auth, timeout=20).json()
        assert listed["total"] == len(acknowledged)

        subprocess.run(["mount", "-o", f"remount,size={4 * DISK_BYTES}", str(small_disk)], check=True)
        answer = create()
        assert answer.status_code == 200, answer.text
        acknowledged.append(answer.json()["task_id"])
        listed = requests.get(f"{server.url}/v1/tasks?limit=1", auth=auth, timeout=20).json()
        assert listed["total"] == len(acknowledged)
        for task_id in acknowledged[:: max(1, len(acknowledged) // 20)]:
            found = requests.get(f"{server.url}/v1/task/{task_id}", auth=auth, timeout=20)
            assert found.status_code == 200, found.text
    finally:
        server.stop()
