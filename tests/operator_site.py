"""The live service with its operator page, on a ClickHouse of its own, for a module's tests."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPMessage
from typing import Any, Final
from urllib.parse import urlencode

from clickhouse_connect.driver.client import Client
from clickhouse_server import (
    insert_consultation,
    insert_proposals,
    insert_tallies,
    insert_votes,
    show_epoch,
)

from infra.clickhouse.client import connect
from infra.config.secrets import operator_token
from infra.config.settings import Settings
from infra.service.waiting import wait_until
from pipelines.live.main import LiveService

PATIENCE_S: Final = 300
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: HTTPMessage
    text: str

    @property
    def cookie(self) -> str:
        """The cookie that it sets, as a browser sends it back; empty: none."""
        return (self.headers["Set-Cookie"] or "").partition(";")[0]


@dataclass
class OperatorSite:
    """Asks the service on its port; `clickhouse` is the operators' address."""

    settings: Settings
    clickhouse: Client
    service: LiveService

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.settings.live_port}"

    @property
    def token(self) -> str:
        return operator_token(self.settings)

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.settings.live_port, timeout=PATIENCE_S)
        connection.request(method, path, body=body or None, headers=named)
        answer = connection.getresponse()
        found = Reply(answer.status, answer.headers, answer.read().decode())
        connection.close()
        return found

    def log_in(self, token: str | None = None, **headers: str) -> Reply:
        form = urlencode({"token": self.token if token is None else token})
        return self.ask("/operator/login", "POST", form, Content_Type=FORM, **headers)

    def page(self, cookie: str, query: str = "") -> str:
        answer = self.ask(f"/operator{query}", Cookie=cookie)
        assert answer.status == 200, answer.text
        return answer.text

    def until(self, cookie: str, pattern: str) -> str:
        """The page, as soon as it shows something of that pattern."""
        shown = ""

        def there() -> bool:
            nonlocal shown
            shown = self.page(cookie)
            return re.search(pattern, shown, re.DOTALL) is not None

        assert wait_until(there, PATIENCE_S, every_s=0.5), f"{pattern} is not on the page: {shown}"
        return shown


@contextmanager
def operator_site(settings: Settings, **changed: Any) -> Iterator[OperatorSite]:
    """The service, with its loop in a thread."""
    ours = settings.model_copy(update=changed)
    service = LiveService(ours)
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            stop.wait(service.step())

    thread = threading.Thread(target=loop, name="steps")
    thread.start()
    try:
        yield OperatorSite(ours, connect(ours), service)
    finally:
        stop.set()
        thread.join()
        service.close()


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def an_evening(clickhouse: Client, name: str, texts: dict[str, str], *, title: str = "") -> None:
    """A consultation with accepted proposals: the first is agreed with most."""
    insert_consultation(clickhouse, name, {"FR": 1, "DE": 1}, offset=abs(hash(name)) % 1000)
    insert_proposals(clickhouse, name, list(texts))
    for place, (proposal, text) in enumerate(texts.items()):
        clickhouse.insert(
            "proposals",
            [[name, proposal, text, "en", "", "", "accepted", False, 1_780_000_000_000, 0, 100 + place, 0]],
            column_names=[
                "consultation_id", "proposal_id", "text", "language", "country", "author",
                "status", "meta", "submitted_ms", "origin_partition", "origin_offset", "origin_ms",
            ],
            database="tutti",
        )  # fmt: skip
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": name, "proposal_id": proposal, "agree": 90 - 10 * place, "disagree": 10}
            for place, proposal in enumerate(texts)
        ],
    )


def votes_lately(
    clickhouse: Client, consultation: str, minutes_ago: list[float], *, first: int = 0, **values: Any
) -> None:
    """Votes of different people, received so many minutes ago."""
    at = now_ms()
    insert_votes(
        clickhouse,
        [
            {
                "consultation_id": consultation,
                "proposal_id": "p1",
                "participant": first + n,
                "origin_ms": int(at - ago * 60_000),
                **values,
            }
            for n, ago in enumerate(minutes_ago)
        ],
        first_offset=first,
    )


__all__ = ["OperatorSite", "an_evening", "operator_site", "show_epoch", "votes_lately"]
