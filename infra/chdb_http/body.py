"""The body of a request: read within limits, decompressed, or discarded after a refusal."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from infra.chdb_http.compression import decompress, too_large
from infra.chdb_http.errors import TOO_MANY_QUERIES, refusal

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Offload = Callable[[Callable[[], bytes]], Awaitable[bytes]]

# A client that sends nothing for so long has stopped; a body that takes longer is no body.
STALL_SECONDS = 30
_BODY_SECONDS = 600
# How long a refused body is read on, so that its sender reads the refusal and no broken pipe.
_DISCARD_SECONDS = 3


class BodyReader:
    """ASGI's channel from a client, and whether some of the request's body is not read yet.

    Args:
        receive: the channel.
        headers: of the request, names in lower case.
    """

    def __init__(self, receive: Receive, headers: Mapping[str, str]) -> None:
        self._receive = receive
        self.unread = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers

    async def __call__(self) -> MutableMapping[str, Any]:
        """The next message."""
        message = await self._receive()
        self.unread = self.unread and bool(message.get("more_body"))
        return message


class BodyMemory:
    """The bytes that all bodies together may hold: many large ones at a time are too many.

    Args:
        most: bytes.
    """

    def __init__(self, most: int) -> None:
        self._free = most

    @asynccontextmanager
    async def share(self) -> AsyncIterator[Callable[[int], None]]:
        """A function that takes so many bytes, or raises; all are given back in the end."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self._free:
                raise refusal(
                    TOO_MANY_QUERIES,
                    "Too much data is on its way already; try again later",
                    "TOO_MANY_SIMULTANEOUS_QUERIES",
                )
            self._free -= size
            taken += size

        try:
            yield take
        finally:
            self._free += taken


async def read_body(
    receive: Receive,
    headers: Mapping[str, str],
    limit: int,
    take: Callable[[int], None],
    offload: Offload,
    *,
    blocks: bool = False,
) -> bytes:
    """The whole body, decompressed.

    Args:
        receive: ASGI's channel from the client.
        headers: of the request, names in lower case.
        limit: bytes, before and after decompression.
        take: is told of bytes before they are kept.
        offload: runs work on a thread.
        blocks: whether the body is in ClickHouse's own blocks.

    Raises:
        QueryError: it is too large, broken, too slow, or the client went away.
    """
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            raw = await _receive_all(receive, limit, take)
    except TimeoutError:
        raise refusal(209, "The request's body does not arrive", "SOCKET_TIMEOUT") from None
    encoding = headers.get("content-encoding", "").lower()
    if encoding not in {"", "identity"}:
        raw = await offload(lambda: decompress(raw, encoding, limit))
        take(len(raw))
    if blocks:
        raw = await offload(lambda: decompress(raw, "clickhouse", limit))
        take(len(raw))
    return raw


async def _receive_all(receive: Receive, limit: int, take: Callable[[int], None]) -> bytes:
    pieces = list[bytes]()
    size = 0
    while True:
        async with asyncio.timeout(STALL_SECONDS):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise refusal(210, "The client went away", "NETWORK_ERROR")
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise too_large(limit)
        take(len(piece))
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


async def discard(reader: BodyReader) -> None:
    """Read what is left of a refused body, for a moment."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISCARD_SECONDS):
            while reader.unread:
                await reader()


async def disconnected(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
