"""JSON: everything that a page shows, in version 1, each number with its method and moment.

The columns are those of the views of `open`; their meaning in the OpenAPI document is the one that
the views state.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from pydantic import AfterValidator
from sse_starlette import EventSourceResponse
from starlette.background import BackgroundTask
from starlette.responses import Response

from infra.clickhouse.open_boards import (
    Added,
    PublicCluster,
    PublicConsultation,
    PublicCountry,
    PublicProposal,
)
from infra.clickhouse.views import view
from pipelines.live.answers import JSON, Answers, json_of
from pipelines.live.boards import Boards, PublicBoard
from pipelines.live.protection import address_of
from pipelines.live.selection import MAX_ROWS, Selection, Sort, select
from pipelines.live.streams import Streams

HEARTBEAT_S: Final = 15
SLOW_S: Final = 20
"""A client that does not take what it is sent for so long is dropped; it may come again."""

INTERVAL: Final = 0.95
EARLIEST: Final = 2000
LATEST: Final = 2100

Id = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9._-]{1,64}$")]


def in_utc(at: datetime | None) -> datetime | None:
    """A moment as it is compared; without a zone it is one of UTC.

    Raises:
        ValueError: Nobody voted in that year.
    """
    if at is None:
        return None
    if not EARLIEST <= at.year <= LATEST:
        raise ValueError("must be a moment of this century")
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


At = Annotated[
    datetime | None,
    AfterValidator(in_utc),
    Query(description="The moment to look back at: the last publication not after it is shown."),
]


@dataclass(frozen=True, slots=True)
class ConsultationList:
    """All announced consultations."""

    consultations: list[PublicConsultation]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A part of a consultation's board.

    `as_of` is the newest publication in it, `shown_at` the past one that was asked for, `stale`
    whether newer numbers could not be read, `interval` the probability of every low and high,
    `found` how many proposals the selection has.
    """

    consultation: PublicConsultation
    as_of: datetime | None
    shown_at: datetime | None
    stale: bool
    version: str
    interval: float
    found: int
    proposals: list[PublicProposal]
    cluster_of: dict[str, str]


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """One proposal in its countries and over time; `history` is what was added by each moment."""

    proposal: PublicProposal
    as_of: datetime | None
    shown_at: datetime | None
    stale: bool
    interval: float
    cluster_id: str
    countries: list[PublicCountry]
    history: list[Added]


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """The clusters of a consultation, the largest first."""

    as_of: datetime | None
    interval: float
    clusters: list[PublicCluster]


@dataclass(frozen=True, slots=True)
class Publications:
    """The moments that can be looked back at, oldest first."""

    ticks: list[datetime]


DESCRIBED: Final = {
    "PublicConsultation": "open.consultations",
    "PublicProposal": "open.leaderboard",
    "PublicCluster": "open.clusters",
    "PublicCountry": "open.agreement_by_country",
    "Added": "open.agreement_history",
}
"""Schema → the view whose columns it has."""


def page_of(board: PublicBoard, selection: Selection) -> BoardPage:
    """The part of a board that was asked for."""
    rows, found = select(board, selection)
    return BoardPage(
        board.consultation,
        board.as_of,
        board.shown_at,
        board.stale,
        board.version,
        INTERVAL,
        found,
        rows,
        {
            row.proposal_id: board.cluster_of[row.proposal_id]
            for row in rows
            if row.proposal_id in board.cluster_of
        },
    )


def json_routes(boards: Boards, streams: Streams, answers: Answers) -> APIRouter:
    """The paths under ``/api/v1``."""
    router = APIRouter(
        prefix="/api/v1",
        responses={
            404: {"description": "`open` holds nothing of that name, or held nothing then"},
            429: {"description": "Too many requests of this address"},
            503: {"description": "It cannot be read at the moment: try again"},
        },
    )

    def answer(request: Request, key: tuple[Any, ...], value: Any) -> Response:
        return answers.answer(request, ("json", *map(str, key)), JSON, lambda: json_of(value))

    @router.get("/consultations", response_model=ConsultationList)
    async def consultations(request: Request) -> Response:
        """List the announced consultations, those with the newest publication first."""
        found = await boards.consultations()
        return answer(request, ("list", hash(msgspec.json.encode(found))), ConsultationList(found))

    @router.get("/consultations/{consultation}", response_model=PublicConsultation)
    async def consultation(request: Request, consultation: Id) -> Response:
        """One consultation."""
        board = await boards.board(consultation)
        return answer(request, ("one", consultation, board.version), board.consultation)

    @router.get("/consultations/{consultation}/board", response_model=BoardPage)
    async def board(
        request: Request,
        consultation: Id,
        sort: Annotated[Sort, Query(description="What orders it.")] = "agreement",
        q: Annotated[str, Query(max_length=200, description="Words of the text.")] = "",
        cluster: Annotated[str, Query(max_length=64, description="Only of this cluster.")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 100,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        at: At = None,
    ) -> Response:
        """The board, now or at a past moment."""
        found = await boards.board(consultation, at)
        selection = Selection(sort, q, cluster, limit, offset)
        key = ("board", consultation, found.shown_at, found.version, *selection.key)
        return answer(request, key, page_of(found, selection))

    @router.get("/consultations/{consultation}/proposals/{proposal}", response_model=ProposalPage)
    async def proposal(request: Request, consultation: Id, proposal: Id, at: At = None) -> Response:
        """One proposal: in its countries, and over time."""
        found = await boards.board(consultation, at)
        details = await boards.details(found, proposal)
        page = ProposalPage(
            found.by_id[proposal],
            found.as_of,
            found.shown_at,
            found.stale,
            INTERVAL,
            found.cluster_of.get(proposal, ""),
            details.countries,
            details.history,
        )
        key = ("proposal", consultation, proposal, found.shown_at, found.version)
        return answer(request, key, page)

    @router.get("/consultations/{consultation}/clusters", response_model=ClusterPage)
    async def clusters(request: Request, consultation: Id) -> Response:
        """Proposals about the same subject, and how much they are agreed with."""
        found = await boards.board(consultation)
        return answer(
            request,
            ("clusters", consultation, found.version),
            ClusterPage(found.as_of, INTERVAL, found.clusters),
        )

    @router.get("/consultations/{consultation}/publications", response_model=Publications)
    async def publications(request: Request, consultation: Id) -> Response:
        """The moments at which numbers changed."""
        found = await boards.board(consultation)
        since = found.consultation.opens_at
        ticks = [tick for tick in await boards.ticks() if since is None or tick >= since]
        return answer(request, ("ticks", consultation, len(ticks), ticks[-1:]), Publications(ticks))

    @router.get(
        "/consultations/{consultation}/events",
        responses={
            200: {
                "content": {"text/event-stream": {}},
                "description": "Events `board`: the board has a new version, the event's id",
            }
        },
        response_class=EventSourceResponse,
    )
    async def events(request: Request, consultation: Id) -> Response:
        """Follow a consultation: its newest state at once, then whenever it changes."""
        found = await boards.board(consultation)
        seen = request.headers.get("last-event-id", "")[:32]
        seat = streams.take(consultation, address_of(request.scope))
        streams.publish(found)
        return EventSourceResponse(
            streams.events(seat, seen),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
            ping=HEARTBEAT_S,
            send_timeout=SLOW_S,
            sep="\n",
            # A generator that never began has no end of its own.
            background=BackgroundTask(streams.leave, seat),
        )

    return router


def describe(title: str, version: str, routes: Any) -> dict[str, Any]:
    """The OpenAPI document; what a column means is said by its view."""
    document = get_openapi(title=title, version=version, routes=routes)
    document["info"]["description"] = (
        "Published numbers of public consultations. Every number is a sum over cohorts of at least"
        " five people, renewed about once a minute. `method` names the formula and its version,"
        " `..._low` and `..._high` are bounds of 95 % intervals, `as_of` is the publication. The"
        " participants are no representative sample."
    )
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        if name in DESCRIBED:
            shown = view(DESCRIBED[name])
            schema["description"] = shown.comment
            for column, fields in schema.get("properties", {}).items():
                if column in shown.columns:
                    fields["description"] = shown.columns[column]
    return document
