"""Templates filled in: addresses, languages and the cache around them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import Query, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from pipelines.live import drawing
from pipelines.live.answers import HTML, Answers
from pipelines.live.languages import LANGUAGES, Language, choose, language
from pipelines.live.selection import SORTS
from pipelines.live.static_files import static

TEMPLATES: Final = Path(__file__).parent / "templates"
KNOWN: Final = frozenset({"lang", "sort", "q", "cluster", "limit", "at"})
"""Of a query; the rest is not kept."""

Lang = Annotated[str | None, Query(max_length=8, description="Language of the page.")]


@dataclass(frozen=True, slots=True)
class PageView:
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


def environment_of(templates: Path, **names: Any) -> Environment:
    """The templates of a folder, which know these names; every value is escaped."""
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"static": static, "per_cent": drawing.per_cent} | names
    return made


@cache
def environment() -> Environment:
    """The public pages' templates."""
    return environment_of(
        TEMPLATES,
        board_path=board_path,
        proposal_path=proposal_path,
        row_bar=row_bar,
        languages=[language(code) for code in LANGUAGES],
        sorts=SORTS,
    )


def draw(template: str, view: PageView, **values: Any) -> bytes:
    """A template filled in."""
    spoken = view.language
    return (
        environment()
        .get_template(template)
        .render(view=view, language=spoken, _=spoken.text, **values)
        .encode()
    )


class PageMaker:
    """Makes a page for all who ask for the same in the same language."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def answer(
        self,
        request: Request,
        lang: str | None,
        key: tuple[Any, ...],
        make: Callable[[PageView], bytes],
        kind: str = HTML,
    ) -> Response:
        """The page, made if nobody has asked for it yet.

        Args:
            request: Its path, its query, and what its client has.
            lang: The language that it asks for.
            key: Versions of what is shown.
            make: Makes it.
            kind: Its media type.
        """
        view = self.view(request, lang)
        named = ("page", view.language.code, view.link(), *map(str, key))
        return self._answers.answer(request, named, kind, lambda: make(view))

    def view(self, request: Request, lang: str | None) -> PageView:
        """What a request asks for."""
        query = {
            name: value[:200]
            for name, value in request.query_params.items()
            if value and name in KNOWN
        }
        spoken = choose(lang, request.headers.get("accept-language", ""))
        return PageView(spoken, quote(request.url.path), query)
