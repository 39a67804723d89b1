"""What others show: a board or a proposal in a frame of their page, and a picture of a proposal."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from infra.clickhouse.open_boards import PublicProposal
from pipelines.live import drawing
from pipelines.live.answers import SVG
from pipelines.live.api import Id
from pipelines.live.boards import Boards, NotPublishedError, PublicBoard
from pipelines.live.rendering import Lang, PageMaker, draw

EMBEDDED_ROWS: Final = 5


def shared_routes(boards: Boards, pages: PageMaker) -> APIRouter:
    """Embedded pages and pictures."""
    router = APIRouter(include_in_schema=False)

    @router.get("/consultations/{consultation}/proposals/{proposal}/picture.svg")
    async def picture(
        request: Request, consultation: Id, proposal: Id, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation)
        row = _row(found, proposal)
        return pages.answer(
            request,
            lang,
            (found.version,),
            lambda view: draw(
                "picture.svg", view, board=found, row=row, lines=drawing.wrapped(row.text)
            ),
            SVG,
        )

    @router.get("/embed/{consultation}")
    async def embedded_board(request: Request, consultation: Id, lang: Lang = None) -> Response:
        found = await boards.board(consultation)
        return pages.answer(
            request,
            lang,
            (found.version,),
            lambda view: draw(
                "embedded.html", view, board=found, rows=found.proposals[:EMBEDDED_ROWS]
            ),
        )

    @router.get("/embed/{consultation}/{proposal}")
    async def embedded_proposal(
        request: Request, consultation: Id, proposal: Id, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation)
        row = _row(found, proposal)
        return pages.answer(
            request,
            lang,
            (found.version,),
            lambda view: draw("embedded.html", view, board=found, rows=[row]),
        )

    return router


def _row(board: PublicBoard, proposal: str) -> PublicProposal:
    if proposal not in board.by_id:
        raise NotPublishedError
    return board.by_id[proposal]
