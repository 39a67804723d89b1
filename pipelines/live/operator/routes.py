"""The addresses under `/operator`: the page, its events, and the form that opens it.

Nothing here changes anything but who is logged in, so that a request that another site makes in an
operator's name could do nothing, if it were answered.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Query, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sse_starlette import EventSourceResponse
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from infra.config.secrets import operator_token
from infra.config.settings import Settings
from pipelines.live.answers import HTML
from pipelines.live.api import HEARTBEAT_S, SLOW_S
from pipelines.live.languages import Language, choose
from pipelines.live.operator.overview import overview
from pipelines.live.operator.readings import Readings
from pipelines.live.operator.rendering import draw, operator_language
from pipelines.live.operator.sessions import MAX_AGE_MS, Sessions
from pipelines.live.protection import OPERATOR, address_of

LOGIN: Final = f"{OPERATOR}/login"
SESSIONS: Final = "operator.sessions"
COOKIE: Final = "tutti-operator"
TRIES: Final = parse("10 per minute")
"""Of one address to log in, successful ones included."""
MAX_BODY: Final = 4_096
BODY_S: Final = 10
MAX_TOKEN: Final = 1_000
PATIENCE_S: Final = 3
"""So long a page waits for what was never read; then it comes without."""
MAX_VIEWERS: Final = 100

Lang = Annotated[str | None, Query(max_length=8)]


@dataclass(slots=True)
class OperatorPages:
    """Answers operators.

    Args:
        sessions: Who is logged in.
        readings: What is shown.
        docs: Address of the documentation.
    """

    sessions: Sessions
    readings: Readings
    docs: str
    _limiter: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage())
    )
    _drawn: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def router(self) -> APIRouter:
        """The addresses."""
        router = APIRouter(prefix=OPERATOR, include_in_schema=False)
        router.add_api_route("", self.page, methods=["GET"])
        router.add_api_route("/login", self.form, methods=["GET"])
        router.add_api_route("/login", self.log_in, methods=["POST"])
        router.add_api_route("/logout", self.log_out, methods=["POST"])
        router.add_api_route("/events", self.events, methods=["GET"])
        return router

    async def page(self, request: Request, lang: Lang = None) -> Response:
        """Everything, as it is now."""
        if not self._known(request):
            return _to(LOGIN, lang)
        await self.readings.look(PATIENCE_S)
        spoken = _language(request, lang)
        version, content = self._drawn.get(spoken.code, (-1, b""))
        if version != self.readings.version:
            shown = overview(
                self.readings, datetime.fromtimestamp(self.readings.clock() / 1000, UTC)
            )
            content = draw("overview.html", spoken, page=shown, docs=self.docs)
            self._drawn[spoken.code] = (shown.version, content)
        return Response(content, media_type=HTML)

    async def form(self, request: Request, lang: Lang = None) -> Response:
        """The form that asks for the token."""
        return self._form(request, lang)

    async def log_in(self, request: Request, lang: Lang = None) -> Response:
        """Open a session for who knows the token."""
        if not _of_this_page(request):
            return Response("Refused: this form belongs to another page.\n", 403)
        if not self._limiter.hit(TRIES, address_of(request.scope)):
            return self._form(request, lang, 429)
        given = await _token(request)
        name = self.sessions.log_in(given) if given is not None else None
        if name is None:
            return self._form(request, lang, 403)
        answer = _to(OPERATOR, lang)
        answer.set_cookie(COOKIE, name, max_age=MAX_AGE_MS // 1000, **_flags(request))
        return answer

    async def log_out(self, request: Request, lang: Lang = None) -> Response:
        """End this session."""
        if not _of_this_page(request):
            return Response("Refused: this form belongs to another page.\n", 403)
        self.sessions.log_out(request.cookies.get(COOKIE, ""))
        answer = _to(LOGIN, lang)
        answer.delete_cookie(COOKIE, **_flags(request))
        return answer

    async def events(self, request: Request) -> Response:
        """Follow: an event whenever there is something newer."""
        if not self._known(request):
            return Response("Log in first.\n", 401)
        if self.readings.viewers >= MAX_VIEWERS:
            return Response("Too many viewers.\n", 503, {"Retry-After": "10"})
        seat = _Viewer(self.readings)
        return EventSourceResponse(
            self._events(seat, request.cookies.get(COOKIE, "")),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
            ping=HEARTBEAT_S,
            send_timeout=SLOW_S,
            sep="\n",
            # A generator that never began has no end of its own.
            background=BackgroundTask(seat.leave),
        )

    async def _events(self, seat: "_Viewer", session: str) -> AsyncIterator[bytes]:
        seen = -1
        try:
            while self.sessions.known(session):
                changed = self.readings.changed
                if self.readings.version != seen:
                    seen = self.readings.version
                    yield f"id: {seen}\nevent: operator\ndata: {seen}\n\n".encode()
                await changed.wait()
        finally:
            seat.leave()

    def _known(self, request: Request) -> bool:
        return self.sessions.known(request.cookies.get(COOKIE, ""))

    def _form(self, request: Request, lang: str | None, status: int = 200) -> Response:
        spoken = _language(request, lang)
        content = draw("login.html", spoken, status=status)
        headers = {"Retry-After": "60"} if status == 429 else {}  # noqa: PLR2004 - its meaning
        return Response(content, status, headers, media_type=HTML)


def operator_pages(settings: Settings, readings: Readings) -> OperatorPages:
    """The pages of an installation; its token is made when it is first asked for."""
    kept = settings.home / "secrets" / SESSIONS
    return OperatorPages(
        Sessions(kept, lambda: operator_token(settings)), readings, settings.live_docs.rstrip("/")
    )


class _Viewer:
    """A viewer, counted once."""

    def __init__(self, readings: Readings) -> None:
        self._readings, self._left = readings, False
        readings.viewers += 1

    def leave(self) -> None:
        """Not a viewer any more."""
        if not self._left:
            self._left = True
            self._readings.viewers -= 1


def _language(request: Request, lang: str | None) -> Language:
    return operator_language(choose(lang, request.headers.get("accept-language", "")).code)


def _to(path: str, lang: str | None) -> Response:
    query = f"?lang={lang}" if lang and lang.isalnum() else ""
    return RedirectResponse(path + query, 303)


def _flags(request: Request) -> dict[str, Any]:
    """Of the cookie: no script reads it, no other site's page sends it."""
    secure = request.url.scheme == "https"
    return {"path": OPERATOR, "httponly": True, "samesite": "strict", "secure": secure}


def _of_this_page(request: Request) -> bool:
    """Whether a form that is sent is one of ours; a program says nothing of its origin."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


async def _token(request: Request) -> str | None:
    """What the form holds; None if it is no such form."""
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    return None
        given = parse_qs(body.decode("ascii"), max_num_fields=4).get("token", [""])[0].strip()
    except (TimeoutError, ValueError):
        return None
    return given if 0 < len(given) <= MAX_TOKEN else None
