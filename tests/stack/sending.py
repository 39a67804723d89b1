"""Sending to the HTTP intake with the standard library, as a campaign's back end would."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

VOTE = {
    "consultation_id": "http",
    "proposal_id": "p-1",
    "participant_id": "ana",
    "choice": "agree",
    "cast_at": "2026-05-01T12:00:00.000Z",
}


def vote(**fields: Any) -> bytes:
    return json.dumps(VOTE | fields).encode()


@dataclass
class Answer:
    """Status, headers in lower case and content of an answer."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        found = self.json
        assert found["status"] == self.status
        assert found["title"].endswith(".")
        assert found["cure"].endswith(".")
        return str(found["type"]).removeprefix("urn:tutti:problem:")


@dataclass
class Client:
    """One connection to an HTTP intake, with the token of a source."""

    port: int
    token: str

    def __post_init__(self) -> None:
        self._connection = HTTPConnection("127.0.0.1", self.port, timeout=120)

    def request(
        self, path: str, body: bytes | None, method: str = "POST", **headers: str
    ) -> Answer:
        """Send a request; names of headers with _ for -; an empty value takes a header away."""
        given = {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/x-ndjson",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request(
                method, path, body, {name: value for name, value in given.items() if value}
            )
            answer = self._connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        except Exception:
            self._connection.close()
            raise

    def send(self, messages: Sequence[bytes], kind: str = "votes", **headers: str) -> Answer:
        """Send a batch, packed."""
        body = gzip.compress(b"\n".join(messages), 1)
        return self.request(f"/v1/{kind}", body, content_encoding="gzip", **headers)
