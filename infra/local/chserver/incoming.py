"""What comes in before it is a request: who may send it, and its body."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from infra.local.chserver.compression import decompress, too_large
from infra.local.chserver.errors import READONLY, refusal

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]", ""})


def refuse_browsers(headers: Mapping[str, str]) -> None:
    """A web page must not reach this server through its visitor's browser.

    Browsers name the page's origin when they post, and the page's host when its name was made to
    point here.

    Raises:
        QueryError: the refusal.
    """
    host = headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if "origin" in headers or name not in _LOCAL:
        raise refusal(READONLY, "Requests of web pages and for other host names are refused")


async def body(receive: Receive, encoding: str, limit: int) -> bytes:
    """The whole body, decompressed.

    Raises:
        QueryError: it is too large, broken, or the client went away.
    """
    received = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise refusal(210, "The client went away", "NETWORK_ERROR")
        received += message.get("body", b"")
        if len(received) > limit:
            raise too_large(limit)
        if not message.get("more_body"):
            break
    if encoding in {"", "identity"}:
        return bytes(received)
    return await asyncio.to_thread(decompress, bytes(received), encoding, limit)


async def gone(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
