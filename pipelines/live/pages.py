"""Pages for people: made on the server, whole without JavaScript, renewed by it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from infra.clickhouse.open_boards import PublicConsultation, PublicProposal
from operators.core.clock import Clock
from pipelines.live import drawing
from pipelines.live.api import At, Id
from pipelines.live.boards import Boards, PublicBoard, digest
from pipelines.live.rendering import Lang, PageMaker, draw
from pipelines.live.selection import MAX_ROWS, Selection, Sort, gap, select

ROWS: Final = 25
TOPICS: Final = 12
"""Topics to choose above the board."""
HEADS: Final = 5
HALF: Final = 0.5


def page_routes(boards: Boards, pages: PageMaker, origin: str, clock: Clock) -> APIRouter:
    """The list, a board, a proposal, common ground, and clusters."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def consultations(request: Request, lang: Lang = None) -> Response:
        found = await boards.consultations()
        phases = {each.consultation_id: phase(each, clock()) for each in found}
        return pages.answer(
            request,
            lang,
            (digest(msgspec.json.encode((found, phases))), boards.answers),
            lambda view: draw(
                "consultations.html",
                view,
                consultations=found,
                phases=phases,
                stale=not boards.answers,
            ),
        )

    @router.get("/consultations/{consultation}")
    async def board(
        request: Request,
        consultation: Id,
        sort: Sort = "agreement",
        q: Annotated[str, Query(max_length=200)] = "",
        cluster: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = ROWS,
        at: At = None,
        lang: Lang = None,
    ) -> Response:
        found = await boards.board(consultation, at)
        selection = Selection(sort, q, cluster, limit)
        return pages.answer(
            request,
            lang,
            (found.version, found.shown_at),
            lambda view: draw("board.html", view, **_board(found, selection)),
        )

    @router.get("/consultations/{consultation}/proposals/{proposal}")
    async def proposal(
        request: Request, consultation: Id, proposal: Id, at: At = None, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation, at)
        details = await boards.details(found, proposal)
        return pages.answer(
            request,
            lang,
            (found.version, found.shown_at),
            lambda view: draw(
                "proposal.html",
                view,
                board=found,
                row=found.by_id[proposal],
                cluster=_cluster(found, proposal),
                siblings=_siblings(found, proposal),
                countries=details.countries,
                shapes=drawing.shapes(details.countries),
                map_size=(drawing.europe()["width"], drawing.europe()["height"]),
                origin=origin,
                line=drawing.line(details.history, found.shown_at),
            ),
        )

    @router.get("/consultations/{consultation}/common-ground")
    async def ground(
        request: Request, consultation: Id, at: At = None, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation, at)
        return pages.answer(
            request,
            lang,
            (found.version, found.shown_at),
            lambda view: draw("common_ground.html", view, **common_ground(found)),
        )

    @router.get("/consultations/{consultation}/clusters")
    async def clusters(request: Request, consultation: Id, lang: Lang = None) -> Response:
        found = await boards.board(consultation)
        return pages.answer(
            request,
            lang,
            (found.version,),
            lambda view: draw("clusters.html", view, board=found, themes=themes(found)),
        )

    return router


def _board(board: PublicBoard, selection: Selection) -> dict[str, Any]:
    rows, found = select(board, selection)
    return {
        "board": board,
        "rows": rows,
        "found": found,
        "selection": selection,
        "clusters": {each.cluster_id: each for each in board.clusters},
        "topics": [each for each in board.clusters[:TOPICS] if each.size > 1],
    }


def common_ground(board: PublicBoard) -> dict[str, Any]:
    """What unites and what divides: the heads of three orders, of proposals that have a rank."""
    ranked = replace(board, proposals=[row for row in board.proposals if row.rank is not None])

    def first(sort: Sort, *, where: Callable[[PublicProposal], bool]) -> list[PublicProposal]:
        kept = replace(ranked, proposals=[row for row in ranked.proposals if where(row)])
        return select(kept, Selection(sort, limit=HEADS))[0]

    return {
        "board": board,
        "unites": first("consensus", where=_agreed),
        "divides": first("controversy", where=lambda row: row.agree_low < HALF < row.agree_high),
        "countries": first("countries", where=lambda row: (gap(row) or 0.0) > 0),
    }


def themes(board: PublicBoard) -> list[dict[str, Any]]:
    """The themes, the largest first, each with its clusters; those without words are one, the last.

    A cluster of a single proposal is counted, and is no topic to show.
    """
    found: dict[str, dict[str, Any]] = {}
    for each in board.clusters:
        theme = found.setdefault(
            each.theme_id if each.theme_terms else "",
            {"id": each.theme_id, "terms": each.theme_terms, "size": 0, "clusters": []},
        )
        theme["size"] += each.size
        if each.size > 1:
            theme["clusters"].append(each)
    return sorted(found.values(), key=lambda theme: (not theme["terms"], -theme["size"]))


def _agreed(row: PublicProposal) -> bool:
    """More than half of all, and of the countries, beyond chance."""
    return min(row.agree_low, row.consensus_low) > HALF


def phase(consultation: PublicConsultation, now_ms: int) -> str:
    """``before``, ``open`` or ``closed``."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    if consultation.opens_at and now < consultation.opens_at:
        return "before"
    return "closed" if consultation.closes_at and now >= consultation.closes_at else "open"


def _cluster(board: PublicBoard, proposal: str) -> Any:
    ours = board.cluster_of.get(proposal)
    return next((each for each in board.clusters if each.cluster_id == ours), None)


def _siblings(board: PublicBoard, proposal: str, most: int = 5) -> list[PublicProposal]:
    """Others of its cluster, as the board orders them."""
    ours = board.cluster_of.get(proposal)
    return [
        row
        for row in board.proposals
        if ours and row.proposal_id != proposal and board.cluster_of.get(row.proposal_id) == ours
    ][:most]
