"""Flink's REST interface: what a running job says of itself, and checkpoints on request."""

import json
from typing import Any, Final
from urllib.request import Request

from infra.service.local_http import fetch

ANSWER_S: Final = 5.0


def all_tasks_run(port: int, job: str) -> bool:
    """Whether no task of the job is still restoring, or has ended."""
    for found in _ask(port, "/jobs/overview").get("jobs", []):
        if found["jid"] == job:
            return bool(found["tasks"]["running"] == found["tasks"]["total"])
    return False


def trigger_checkpoint(port: int, job: str) -> str:
    """Begin a checkpoint; returns the name of the attempt, empty if Flink does not answer."""
    return str(_ask(port, f"/jobs/{job}/checkpoints", b"{}").get("request-id", ""))


def checkpoint_is_pending(port: int, job: str, attempt: str) -> bool:
    """Whether that attempt is under way; False if it has ended, well or not."""
    found = _ask(port, f"/jobs/{job}/checkpoints/{attempt}")
    return bool(found.get("status", {}).get("id") == "IN_PROGRESS")


def newest_completed(port: int, job: str) -> int | None:
    """The number of the newest checkpoint that this run completed, from Flink's web interface."""
    found = (_ask(port, f"/jobs/{job}/checkpoints").get("latest") or {}).get("completed")
    return None if found is None else int(found["id"])


def newest_failure(port: int, job: str) -> str:
    """What made the job fail last; empty if nothing did."""
    history = _ask(port, f"/jobs/{job}/exceptions").get("exceptionHistory", {})
    entries = history.get("entries", [])
    return str(entries[0]["stacktrace"]) if entries else ""


def _ask(port: int, path: str, body: bytes | None = None) -> dict[str, Any]:
    """The answer to a GET, or to a POST if there is a body; empty if none comes."""
    url = f"http://127.0.0.1:{port}{path}"
    request = Request(url, body, {"Content-Type": "application/json"})
    return dict(json.loads(fetch(request, ANSWER_S) or b"{}"))
