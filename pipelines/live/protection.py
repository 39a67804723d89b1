"""What every request passes: who may ask, how often, and the headers of each answer.

The pages hold public figures only, so that a link to them may come from anywhere. What is guarded
against: names that are made to point here (DNS rebinding), other pages' scripts and pictures that
fetch from here through a visitor's browser, floods, bodies, and markup in strangers' texts.
"""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.chdb_http.browser_guard import LOCAL, combined, host_name, separate

RATE: Final = parse("300 per 10 seconds")
"""Requests of one address: a page with what belongs to it is about 8, each renewal one."""
MAX_QUERY_BYTES: Final = 4_096

OPERATOR: Final = "/operator"
"""Where the operators' pages begin: no page of another site leads there."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " manifest-src 'self'; form-action 'self'; base-uri 'none'"
)


def address_of(scope: Scope) -> str:
    """Whose request it is; of IPv6 the network, because one visitor has billions of addresses."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def why_refused(headers: Mapping[str, str], path: str, hosts: Iterable[str]) -> str:
    """Why a request is not answered; empty if it is.

    Args:
        headers: Of the request, as `combined` gives them.
        path: What is asked for.
        hosts: Names by which visitors know this service, besides those of this machine.
    """
    host = host_name(headers.get("host", ""))
    if not host or (host not in LOCAL and host not in hosts):
        return "this service does not know that host name"
    site = headers.get("sec-fetch-site", "none").strip().lower()
    if path.startswith(OPERATOR):
        return "" if site in {"none", "same-origin"} else "the operators' page takes no links"
    if site in {"none", "same-origin", "same-site"}:
        return ""
    # A link or a frame of another page; not its scripts, pictures and forms.
    if headers.get("sec-fetch-mode", "") in {"navigate", "nested-navigate"}:
        return ""
    return "requests of other pages' scripts are not answered"


class Protection:
    """Around the application.

    Args:
        app: Answers what passes.
        hosts: Names by which visitors know this service.
        embedders: Origins whose pages may show `/embed/…` in a frame.
        count: Is told of each answer: its kind of path and its status.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: frozenset[str],
        embedders: tuple[str, ...],
        count: Callable[[int], None],
    ) -> None:
        self._app, self._hosts, self._count = app, hosts, count
        self._embedders = " ".join(embedders) or "'none'"
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        answering = self._guarded(send, path)
        headers = combined(scope["headers"])
        refused = self._refused(scope, headers)
        if refused is not None:
            await refused(scope, receive, answering)
            return
        await self._app({**scope, "headers": separate(headers)}, receive, answering)

    def _refused(self, scope: Scope, headers: Mapping[str, str]) -> PlainTextResponse | None:
        if reason := why_refused(headers, scope["path"], self._hosts):
            return PlainTextResponse(f"Refused: {reason}.\n", 403)
        if not self._limiter.hit(RATE, address_of(scope)):
            return PlainTextResponse("Too many requests.\n", 429, {"Retry-After": "10"})
        if len(scope["query_string"]) > MAX_QUERY_BYTES:
            return PlainTextResponse("The address is too long.\n", 414)
        return None

    def _guarded(self, send: Send, path: str) -> Send:
        framed = path.startswith("/embed/")
        ancestors = self._embedders if framed else "'none'"
        ours = path.startswith(OPERATOR)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(message["status"])
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors {ancestors}"
                headers["X-Content-Type-Options"] = "nosniff"
                # Without a referrer a browser does not say whose form it sends.
                headers["Referrer-Policy"] = "same-origin" if ours else "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "interest-cohort=()"
                if not framed:
                    headers["X-Frame-Options"] = "DENY"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        return guarded
