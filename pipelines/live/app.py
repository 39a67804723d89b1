"""The application: which paths there are, and how errors look."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from infra.config.settings import Settings
from infra.service.metrics import LIVE_ANSWERS
from operators.core.errors import TransientError
from pipelines.live.answers import Answers
from pipelines.live.api import describe, json_routes
from pipelines.live.boards import Boards, NotPublishedError
from pipelines.live.pages import page_routes
from pipelines.live.protection import Protection
from pipelines.live.streams import Streams, TooManyStreamsError

HERE: Final = Path(__file__).parent
TITLE: Final = "tutti: live results of public consultations"
RETRY: Final = {"Retry-After": "5", "Cache-Control": "no-store"}


def build_app(settings: Settings, boards: Boards, streams: Streams) -> ASGIApp:
    """Everything that the live service answers."""
    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, redirect_slashes=False)
    answers = Answers()
    app.include_router(json_routes(boards, streams, answers))
    app.include_router(page_routes(boards, answers))
    document: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not document:
            document.update(describe(TITLE, version("tutti"), app.routes))
        return document

    app.openapi = openapi  # type: ignore[method-assign]

    @app.exception_handler(NotPublishedError)
    async def not_published(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"detail": "Nothing of that name is published."}, 404)

    @app.exception_handler(TransientError)
    async def not_now(_request: Request, _error: Exception) -> Response:
        detail = "The numbers cannot be read at the moment: try again."
        return JSONResponse({"detail": detail}, 503, RETRY)

    @app.exception_handler(TooManyStreamsError)
    async def too_many(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"detail": "Too many event streams: try again later."}, 503, RETRY)

    return Protection(
        app,
        hosts=frozenset(settings.live_names),
        embedders=settings.live_embedders,
        count=lambda status: LIVE_ANSWERS.labels(f"{status // 100}xx").inc(),
    )
