"""What `open` holds, for the tests of the live service that start no ClickHouse."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.exceptions import OperationalError

from infra.clickhouse.open_boards import (
    Added,
    PublicCluster,
    PublicConsultation,
    PublicCountry,
    PublicProposal,
)
from infra.config.settings import Settings
from pipelines.live.app import build_app
from pipelines.live.boards import Boards
from pipelines.live.main import renew
from pipelines.live.server import WebServer, listen
from pipelines.live.streams import Streams

NAME = "cities-2026"
TICKS = [datetime(2026, 5, 1, 20, minute, tzinfo=UTC) for minute in range(3)]
HOSTILE = '<script>alert(1)</script> & "quotes" \u200f {{ 7 * 7 }} {x}'


def consultation(name: str = NAME, **changed: Any) -> PublicConsultation:
    values = {
        "consultation_id": name, "title": "What next?", "countries": ["FR", "DE"],
        "opens_at": None, "closes_at": None, "rank_min_votes": 30, "proposals": 2,
        "ballots": 180, "countries_named": 2, "as_of": TICKS[-1],
    }  # fmt: skip
    return PublicConsultation(**values | changed)


def proposal(name: str, **changed: Any) -> PublicProposal:
    values = {
        "proposal_id": name, "rank": 1, "text": f"Text of {name}", "language": "en",
        "votes": 100, "agree": 80, "disagree": 15, "neutral": 5, "agree_rate": 0.8,
        "agree_low": 0.71, "agree_high": 0.87, "votes_all": 105, "divisiveness": 0.48,
        "consensus": 0.75, "consensus_low": 0.7, "consensus_high": 0.8, "coverage": 1.0,
        "weakest_country": "DE", "weakest_country_rate": 0.6, "weakest_country_votes": 40,
        "published_at": TICKS[0], "method": "agreement/wilson-95/1", "as_of": TICKS[-1],
    }  # fmt: skip
    return PublicProposal(**values | changed)


PROPOSALS = [
    proposal("p1"),
    proposal("p2", rank=2, published_at=TICKS[1], text=HOSTILE, language="ar", consensus_low=0.9,
             divisiveness=0.2),
    proposal("p3", rank=None, votes=0, agree=0, disagree=0, neutral=0, agree_rate=None,
             divisiveness=None, consensus=None, consensus_low=0, weakest_country=None,
             weakest_country_rate=None, weakest_country_votes=None, published_at=None, as_of=None),
]  # fmt: skip
CLUSTERS = [
    PublicCluster("c1", "t1", ["public", "text"], "Text of p1", ["text", "next"], 2, 180, 2, 0.8,
                  0.7, 0.9, 0.1, "p1", "p2", "cluster-agreement/mean-t-95/1"),
]  # fmt: skip
COUNTRIES = [
    PublicCountry("FR", 60, 50, 8, 2, 50 / 60, 0.72, 0.9, "agreement/wilson-95/1"),
    PublicCountry("XX", 6, 3, 2, 1, 0.5, 0.19, 0.81, "agreement/wilson-95/1"),
]
HISTORY = [Added(TICKS[0], 60, 50, 8, 2), Added(TICKS[2], 40, 30, 7, 3)]


@dataclass
class OpenRows:
    """Answers statements on `open` as ClickHouse would, from rows that a test may change.

    Attributes:
        rows: View → its rows.
        asked: How often each view was read.
        away: Answer nothing, as a server that is not there.
    """

    rows: dict[str, list[Any]] = field(
        default_factory=lambda: {
            "open.publications": [(tick,) for tick in reversed(TICKS)],
            "open.consultations": [consultation()],
            "open.leaderboard": list(PROPOSALS),
            "open.leaderboard_at": list(PROPOSALS[:1]),
            "open.clusters": list(CLUSTERS),
            "open.cluster_members": [("p1", "c1"), ("p2", "c1")],
            "open.agreement_by_country": list(COUNTRIES),
            "open.agreement_by_country_at": list(COUNTRIES[:1]),
            "open.agreement_history": list(HISTORY),
        }
    )
    asked: Counter[str] = field(default_factory=Counter)
    away: bool = False

    def query(self, sql: str, parameters: dict[str, Any] | None = None) -> "OpenRows":
        if self.away:
            raise OperationalError("away")
        [view] = set(re.findall(r"FROM (open\.\w+)", sql))
        self.asked[view] += 1
        found = self.rows[view]
        if "consultation_id =" in sql and (parameters or {})["consultation"] != NAME:
            found = []
        self.result_rows = [
            row if isinstance(row, tuple) else tuple(getattr(row, f.name) for f in fields(row))
            for row in found
        ]
        return self


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Site:
    """The live service without its process: application and server on a port of this machine."""

    port: int
    rows: OpenRows
    boards: Boards
    streams: Streams
    loop: asyncio.AbstractEventLoop

    def renew(self) -> None:
        """Begin an edition and send it, as the service does when `open` was renewed."""
        asyncio.run_coroutine_threadsafe(renew(self.boards, self.streams), self.loop).result(300)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found


@contextmanager
def serving(**settings: Any) -> Iterator[Site]:
    rows = OpenRows()
    boards, streams = Boards(lambda: rows), Streams(settings.pop("max_streams", 50))
    bound = listen("127.0.0.1", 0)
    app = build_app(Settings(home=Path("unused"), **settings), boards, streams)
    web = WebServer(app, bound, proxies=(), max_streams=50)
    web.start()
    try:
        yield Site(bound.getsockname()[1], rows, boards, streams, web.loop)
    finally:
        web.stop()
        boards.close()
