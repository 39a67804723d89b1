"""Flink's REST interface: what a running job says of itself, and checkpoints on request."""

import json
from typing import Any, Final

from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from infra.config.settings import Settings
from infra.flink.tls import client_context, folder_of
from operators.core.errors import TerminalError

ANSWER_S: Final = 5.0
SIDE_BY_SIDE: Final = 2
"""Threads that ask at the same time: the job monitor and the checkpoint trigger."""


class FlinkRest:
    """One Flink's REST interface; no answer is an empty answer.

    The pool goes straight to the address, whatever proxy the environment names, and keeps its
    connections: a TLS handshake costs ten times as much as a question.
    """

    def __init__(self, settings: Settings, port: int, answer_s: float = ANSWER_S) -> None:
        self._folder, self._port, self._answer_s = folder_of(settings), port, answer_s
        self._pool: HTTPSConnectionPool | None = None

    def get(self, path: str) -> Any:
        """The answer to a GET; an empty dictionary if none comes."""
        return self._ask("GET", path)

    def post(self, path: str) -> Any:
        """The answer to a POST without arguments; an empty dictionary if none comes."""
        return self._ask("POST", path, b"{}")

    def all_tasks_run(self, job: str) -> bool:
        """Whether no task of the job is still restoring, or has ended."""
        for found in self.get("/jobs/overview").get("jobs", []):
            if found["jid"] == job:
                return bool(found["tasks"]["running"] == found["tasks"]["total"])
        return False

    def trigger_checkpoint(self, job: str) -> str:
        """Begin a checkpoint; returns the name of the attempt, empty if Flink does not answer."""
        return str(self.post(f"/jobs/{job}/checkpoints").get("request-id", ""))

    def checkpoint_is_pending(self, job: str, attempt: str) -> bool:
        """Whether that attempt is under way; False if it has ended, well or not."""
        found = self.get(f"/jobs/{job}/checkpoints/{attempt}")
        return bool(found.get("status", {}).get("id") == "IN_PROGRESS")

    def newest_completed(self, job: str) -> int | None:
        """The number of the newest checkpoint that this run completed."""
        found = (self.get(f"/jobs/{job}/checkpoints").get("latest") or {}).get("completed")
        return None if found is None else int(found["id"])

    def newest_failure(self, job: str) -> str:
        """What made the job fail last; empty if nothing did."""
        history = self.get(f"/jobs/{job}/exceptions").get("exceptionHistory", {})
        entries = history.get("entries", [])
        return str(entries[0]["stacktrace"]) if entries else ""

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        try:
            if self._pool is None:
                self._pool = HTTPSConnectionPool(
                    "127.0.0.1",
                    self._port,
                    maxsize=SIDE_BY_SIDE,
                    timeout=self._answer_s,
                    retries=False,
                    ssl_context=client_context(self._folder),
                )
            headers = {"Content-Type": "application/json"}
            answer = self._pool.request(method, path, body=body, headers=headers)
        except (HTTPError, OSError, TerminalError):  # no files yet: no Flink has started here
            return {}
        return json.loads(answer.data or b"{}") if answer.status < 300 else {}  # noqa: PLR2004
