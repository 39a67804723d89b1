"""The live service with its operator page, on a ClickHouse of its own, for a module's tests."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_consultation, insert_tallies, insert_votes
from live_rows import OpenRows
from operator_rows import readings_of

from infra.config.secrets import operator_token
from infra.config.settings import Settings
from infra.service.waiting import wait_until
from operators.core.clock import system_clock
from pipelines.live.app import build_app
from pipelines.live.boards import Boards
from pipelines.live.main import LiveService
from pipelines.live.operator.readings import Readings
from pipelines.live.operator.routes import operator_pages
from pipelines.live.server import WebServer, listen
from pipelines.live.streams import Streams

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
    """Asks the service on its port, each log in from another address of this machine."""

    settings: Settings
    port: int
    readings: Readings
    visitors: Iterator[int] = field(default_factory=lambda: count(10))

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return operator_token(self.settings)

    def ask(
        self, path: str, method: str = "GET", body: str = "", address: str = "", **headers: str
    ) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        source = (address or "127.0.0.1", 0)
        connection = HTTPConnection("127.0.0.1", self.port, PATIENCE_S, source)
        connection.request(method, path, body=body or None, headers=named)
        answer = connection.getresponse()
        found = Reply(answer.status, answer.headers, answer.read().decode())
        connection.close()
        return found

    def log_in(self, token: str | None = None, address: str = "", **headers: str) -> Reply:
        form = urlencode({"token": self.token if token is None else token})
        address = address or f"127.0.1.{next(self.visitors)}"
        return self.ask("/operator/login", "POST", form, address, Content_Type=FORM, **headers)

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
        yield OperatorSite(ours, ours.live_port, service.readings)
    finally:
        stop.set()
        thread.join()
        service.close()


@contextmanager
def canned_site(
    home: Path, values: dict[str, Any], *, proxies: tuple[str, ...] = ()
) -> Iterator[OperatorSite]:
    """The same pages over values that were read: application and server, without ClickHouse."""
    settings = Settings(home=home)
    readings = readings_of(values, None)
    boards, streams = Boards(OpenRows), Streams(5)
    bound = listen("127.0.0.1", 0)
    app = build_app(settings, boards, streams, [operator_pages(settings, readings).router()])
    web = WebServer(app, bound, proxies=proxies, max_streams=50)
    web.start()
    stop = threading.Event()

    def ticks() -> None:
        while not stop.wait(0.2):
            web.loop.call_soon_threadsafe(readings.tick)

    thread = threading.Thread(target=ticks, name="ticks")
    thread.start()
    try:
        yield OperatorSite(settings, bound.getsockname()[1], readings)
    finally:
        stop.set()
        thread.join()
        web.stop()
        boards.close()
        readings.close()


def an_evening(clickhouse: Client, name: str, texts: dict[str, str]) -> None:
    """A consultation with accepted proposals: the first is agreed with most."""
    insert_consultation(clickhouse, name, {"FR": 1, "DE": 1})
    for place, (proposal, text) in enumerate(texts.items()):
        clickhouse.insert(
            "proposals",
            [[
                *(name, proposal, text, "en", "", "", "accepted", False),
                *(1_780_000_000_000, 0, 100 + place, 0),
            ]],
            column_names=[
                "consultation_id", "proposal_id", "text", "language", "country", "author",
                "status", "meta", "submitted_ms", "origin_partition", "origin_offset", "origin_ms",
            ],
            database="tutti",
        )  # fmt: skip
    insert_tallies(
        clickhouse,
        [
            {
                "consultation_id": name,
                "proposal_id": proposal,
                "agree": 90 - 10 * place,
                "disagree": 10,
            }
            for place, proposal in enumerate(texts)
        ],
    )


def votes_lately(
    clickhouse: Client,
    consultation: str,
    minutes_ago: list[float],
    *,
    first: int = 0,
    **values: Any,
) -> None:
    """Votes of different people, received so many minutes ago."""
    at = system_clock()
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
