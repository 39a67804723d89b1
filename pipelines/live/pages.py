"""Pages for people: made on the server, whole without JavaScript, renewed by it."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from infra.clickhouse.open_boards import PublicProposal
from pipelines.live import drawing
from pipelines.live.api import At, Id
from pipelines.live.boards import Boards, PublicBoard
from pipelines.live.rendering import Lang, PageMaker, draw
from pipelines.live.selection import MAX_ROWS, Selection, Sort, select

ROWS: Final = 25


def page_routes(boards: Boards, pages: PageMaker) -> APIRouter:
    """The list, a board, a proposal, and clusters."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def consultations(request: Request, lang: Lang = None) -> Response:
        found = await boards.consultations()
        return pages.answer(
            request,
            lang,
            (hash(msgspec.json.encode(found)), boards.answers),
            lambda view: draw(
                "consultations.html", view, consultations=found, stale=not boards.answers
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
                tiles=drawing.tiles(details.countries),
                line=drawing.line(details.history, found.shown_at),
            ),
        )

    @router.get("/consultations/{consultation}/clusters")
    async def clusters(request: Request, consultation: Id, lang: Lang = None) -> Response:
        found = await boards.board(consultation)
        return pages.answer(
            request, lang, (found.version,), lambda view: draw("clusters.html", view, board=found)
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
    }


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
