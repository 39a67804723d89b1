"""The application: which paths there are, and how errors look."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from infra.config.settings import Settings
from infra.service.metrics import LIVE_ANSWERS
from operators.core.clock import system_clock
from operators.core.errors import TransientError
from pipelines.live.answers import HTML, Answers
from pipelines.live.api import describe, json_routes
from pipelines.live.boards import Boards, NotPublishedError
from pipelines.live.languages import choose
from pipelines.live.pages import page_routes
from pipelines.live.pictures import Pictures
from pipelines.live.protection import Protection
from pipelines.live.rendering import PageMaker, PageView, draw
from pipelines.live.shared import shared_routes
from pipelines.live.static_files import static_routes
from pipelines.live.streams import Streams

TITLE: Final = "tutti: live results of public consultations"
RETRY_S: Final = "5"
TEXTS: Final = {
    404: "Nothing of that name is published.",
    422: "This address has a part that is not understood.",
    503: "The numbers cannot be renewed at the moment.",
}
"""Status → what people read; other statuses happen to programs only."""


def build_app(
    settings: Settings, boards: Boards, streams: Streams, more: Iterable[APIRouter] = ()
) -> ASGIApp:
    """Everything that the live service answers.

    Args:
        settings: Names under which it is known, and who may embed.
        boards: What the public pages show.
        streams: Who follows them.
        more: Routes of pages that are not public.
    """
    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, redirect_slashes=False)
    answers = Answers()
    app.include_router(json_routes(boards, streams, answers))
    pages = PageMaker(answers)
    # A page's picture needs a whole address, which the name of the first setting has.
    origin = f"https://{settings.live_names[0]}" if settings.live_names else ""
    app.include_router(page_routes(boards, pages, origin, system_clock))
    app.include_router(shared_routes(boards, pages, Pictures()))
    app.include_router(static_routes())
    for router in more:
        app.include_router(router)
    document: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not document:
            document.update(describe(TITLE, version("tutti"), app.routes))
        return document

    app.openapi = openapi  # type: ignore[method-assign]

    @app.exception_handler(NotPublishedError)
    async def not_published(request: Request, _error: Exception) -> Response:
        return failed(request, 404)

    @app.exception_handler(TransientError)
    async def not_now(request: Request, _error: Exception) -> Response:
        return failed(request, 503)

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> Response:
        # Without the values: nothing of a request comes back in an answer.
        faults = [{"loc": fault["loc"], "msg": fault["msg"]} for fault in error.errors()]
        return failed(request, 422, faults)

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        answer = failed(request, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    return Protection(
        app,
        hosts=frozenset(settings.live_names),
        embedders=settings.live_embedders,
        count=lambda status: LIVE_ANSWERS.labels(f"{status // 100}xx").inc(),
    )


def openapi_document() -> dict[str, Any]:
    """The description of the JSON, as the service serves it; nothing is read for it."""

    def connect() -> Any:
        raise TransientError("Nothing is read for a description.")

    app = FastAPI()
    app.include_router(json_routes(Boards(connect), Streams(0), Answers()))
    return describe(TITLE, version("tutti"), app.routes)


def failed(request: Request, status: int, detail: Any = None) -> Response:
    """An error as a page, or as JSON for programs."""
    headers = {"Retry-After": RETRY_S} if status == 503 else {}  # noqa: PLR2004 - its meaning
    text = TEXTS.get(status, "This is not possible here.")
    if request.url.path.startswith(("/api/", "/openapi")):
        return JSONResponse({"detail": detail or text}, status, headers)
    asked = request.query_params.get("lang")
    spoken = choose(asked, request.headers.get("accept-language", ""))
    view = PageView(spoken, "/", {"lang": spoken.code} if asked == spoken.code else {})
    page = draw("error.html", view, title=spoken.text(text), status=status)
    return Response(page, status, headers, media_type=HTML)
