"""Pages for people: made on the server, whole without JavaScript, renewed by it."""

from collections.abc import Callable
from dataclasses import dataclass

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from infra.clickhouse.open_boards import PublicProposal
from pipelines.live import drawing
from pipelines.live.answers import HTML, SVG, Answers
from pipelines.live.api import At, Id
from pipelines.live.boards import Boards, PublicBoard
from pipelines.live.languages import LANGUAGES, Language, choose, language
from pipelines.live.selection import MAX_ROWS, SORTS, Selection, Sort, select

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
KINDS: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
KNOWN: Final = frozenset({"lang", "sort", "q", "cluster", "limit", "at"})
"""Of a query; the rest is not kept."""
ROWS: Final = 25
EMBEDDED_ROWS: Final = 5
FOREVER: Final = "public, max-age=31536000, immutable"

Lang = Annotated[str | None, Query(max_length=8, description="Language of the page.")]


@dataclass(frozen=True, slots=True)
class View:
    """What every template knows.

    Attributes:
        language: Of the page.
        path: Of the page, as it was asked for.
        query: What stands behind the path, without what is empty.
    """

    language: Language
    path: str
    query: dict[str, str]

    def link(self, path: str = "", **changes: str | int) -> str:
        """An address on this service: the same page with changes, or another one.

        Args:
            path: Of another page; then only the language is kept.
            changes: Of the query; empty: without it.
        """
        kept = {"lang": self.query.get("lang", "")} if path else self.query
        query = kept | {name: str(value) for name, value in changes.items()}
        given = urlencode({name: value for name, value in query.items() if value})
        return f"{path or self.path}{'?' if given else ''}{given}"


def board_path(consultation: str, part: str = "") -> str:
    """Where a consultation's board is, or a part of it."""
    return f"/consultations/{quote(consultation, safe='')}{part}"


def proposal_path(consultation: str, proposal: str) -> str:
    """Where a proposal's page is."""
    return board_path(consultation, f"/proposals/{quote(proposal, safe='')}")


def row_bar(row: Any) -> drawing.Bar | None:
    """The bar of a row with counts and bounds."""
    return drawing.bar(row.agree, row.neutral, row.disagree, row.agree_low, row.agree_high)


@cache
def static_file(name: str) -> tuple[bytes, str]:
    """A file's content, and its version."""
    content = (STATIC / name).read_bytes()
    return content, blake2b(content, digest_size=6).hexdigest()


def static(name: str) -> str:
    """The address of a file, which changes with its content."""
    return f"/static/{static_file(name)[1]}/{name}"


@cache
def environment() -> Environment:
    """The templates; every value is escaped."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "static": static,
        "board_path": board_path,
        "proposal_path": proposal_path,
        "row_bar": row_bar,
        "per_cent": drawing.per_cent,
        "languages": [language(code) for code in LANGUAGES],
        "sorts": SORTS,
    }
    return made


def draw(template: str, view: View, **values: Any) -> bytes:
    """A template filled in."""
    spoken = view.language
    return (
        environment()
        .get_template(template)
        .render(view=view, language=spoken, _=spoken.text, **values)
        .encode()
    )


def page_routes(boards: Boards, answers: Answers) -> APIRouter:
    """The pages, embedded ones and pictures included."""
    router = APIRouter(include_in_schema=False)

    def answer(
        request: Request,
        lang: str | None,
        key: tuple[Any, ...],
        make: Callable[[View], bytes],
        kind: str = HTML,
    ) -> Response:
        spoken = choose(lang, request.headers.get("accept-language", ""))
        query = {
            name: value[:200]
            for name, value in request.query_params.items()
            if value and name in KNOWN
        }
        view = View(spoken, quote(request.url.path), query)
        named = ("page", spoken.code, view.link(), *map(str, key))
        return answers.answer(request, named, kind, lambda: make(view))

    @router.get("/")
    async def consultations(request: Request, lang: Lang = None) -> Response:
        found = await boards.consultations()
        return answer(
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
        return answer(
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
        return answer(
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

    @router.get("/consultations/{consultation}/proposals/{proposal}/picture.svg")
    async def picture(
        request: Request, consultation: Id, proposal: Id, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation)
        row = _row(found, proposal)
        return answer(
            request,
            lang,
            (found.version,),
            lambda view: draw(
                "picture.svg", view, board=found, row=row, lines=drawing.wrapped(row.text)
            ),
            SVG,
        )

    @router.get("/consultations/{consultation}/clusters")
    async def clusters(request: Request, consultation: Id, lang: Lang = None) -> Response:
        found = await boards.board(consultation)
        return answer(
            request, lang, (found.version,), lambda view: draw("clusters.html", view, board=found)
        )

    @router.get("/embed/{consultation}")
    async def embedded_board(
        request: Request, consultation: Id, lang: Lang = None
    ) -> Response:
        found = await boards.board(consultation)
        return answer(
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
        return answer(
            request,
            lang,
            (found.version,),
            lambda view: draw("embedded.html", view, board=found, rows=[row]),
        )

    @router.get("/static/{version}/{name}")
    async def file(version: str, name: str) -> Response:
        suffix = Path(name).suffix
        if suffix not in KINDS or name not in {each.name for each in STATIC.iterdir()}:
            raise HTTPException(404)
        content, current = static_file(name)
        # An old page may still ask for an old version: it gets the new one, which is not kept.
        cache_control = FOREVER if version == current else "no-store"
        return Response(content, media_type=KINDS[suffix], headers={"Cache-Control": cache_control})

    @router.get("/favicon.ico")
    async def icon() -> Response:
        return Response(status_code=204, headers={"Cache-Control": FOREVER})

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


def _row(board: PublicBoard, proposal: str) -> PublicProposal:
    try:
        return board.by_id[proposal]
    except KeyError:
        raise HTTPException(404) from None


def _cluster(board: PublicBoard, proposal: str) -> Any:
    ours = board.cluster_of.get(proposal)
    return next((each for each in board.clusters if each.cluster_id == ours), None)


def _siblings(board: PublicBoard, proposal: str, most: int = 5) -> list[PublicProposal]:
    """Others of its cluster, as the board orders them."""
    ours = board.cluster_of.get(proposal)
    return [
        row
        for row in board.proposals
        if ours
        and row.proposal_id != proposal
        and board.cluster_of.get(row.proposal_id) == ours
    ][:most]


