"""What others show: a board or a proposal in a frame of their page, and a picture of a proposal."""

from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from infra.clickhouse.open_boards import PublicProposal
from pipelines.live import drawing
from pipelines.live.answers import PNG, SVG
from pipelines.live.api import Id
from pipelines.live.boards import Boards, NotPublishedError, PublicBoard, digest
from pipelines.live.pictures import Pictures
from pipelines.live.rendering import Lang, PageMaker, PageView, draw

EMBEDDED_ROWS: Final = 5


def shared_routes(boards: Boards, pages: PageMaker, pictures: Pictures) -> APIRouter:
    """Embedded pages and pictures."""
    router = APIRouter(include_in_schema=False)

    @router.get("/consultations/{consultation}/proposals/{proposal}/picture.svg")
    async def picture(
        request: Request, consultation: Id, proposal: Id, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation)
        row = _row(found, proposal)
        return pages.answer(
            request, lang, (found.version,), lambda view: _picture(view, found, row), SVG
        )

    @router.get("/consultations/{consultation}/proposals/{proposal}/picture.png")
    async def bitmap(
        request: Request, consultation: Id, proposal: Id, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation)
        svg = _picture(pages.view(request, lang), found, _row(found, proposal))
        png = await pictures.png(svg)
        return pages.answer(request, lang, (digest(svg),), lambda _view: png, PNG)

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


def _picture(view: PageView, board: PublicBoard, row: PublicProposal) -> bytes:
    return draw(
        "picture.svg",
        view,
        title=drawing.written(board.consultation.title)[:70],
        row=replace(row, text=drawing.written(row.text)),
        rtl=drawing.right_to_left(row.text),
        lines=drawing.wrapped(row.text),
    )
