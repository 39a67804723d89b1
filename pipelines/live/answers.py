"""Answers that caches may keep: made once for all who ask the same, with ETag and gzip for JSON."""

import gzip
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pipelines.live.boards import digest

MAX_KEPT_BYTES: Final = 64 * 1024 * 1024
ENTRY_BYTES: Final = 1024
"""What an answer takes beside its content and the texts of its key, about."""
CACHE: Final = "public, max-age=2, stale-while-revalidate=30"
"""Short: a cache before this service takes the load of many viewers with two seconds already."""
JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"
SVG: Final = "image/svg+xml"
PNG: Final = "image/png"
MIN_GZIP: Final = 1_000


def json_of(value: Any) -> bytes:
    r"""JSON without a character that means something in a page, wherever somebody puts it.

    >>> print(json_of({"text": "<b> & co"}).decode())
    {"text":"\u003cb\u003e \u0026 co"}
    """
    encoded = msgspec.json.encode(value)
    for character, written in ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026")):
        encoded = encoded.replace(character, written)
    return encoded


@dataclass(frozen=True, slots=True)
class Made:
    """An answer's content, as it is and compressed."""

    content: bytes
    zipped: bytes
    etag: str


class Answers:
    """The answers made last, up to `MAX_KEPT_BYTES`."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[str, ...], Made] = OrderedDict()
        self._bytes = 0

    def answer(
        self, request: Request, key: tuple[str, ...], kind: str, make: Callable[[], bytes]
    ) -> Response:
        """The answer of that key, made if nobody has asked for it yet.

        Args:
            request: Whether it may be compressed, and what the client has.
            key: All that the content follows from.
            kind: Its media type.
            make: Makes the content.
        """
        made = self._made.get(key)
        if made is None:
            content = make()
            zipped = gzip.compress(content, 5) if kind == JSON and len(content) > MIN_GZIP else b""
            made = Made(content, zipped, digest(content))
            self._keep(key, made)
        else:
            self._made.move_to_end(key)
        use_gzip = bool(made.zipped) and "gzip" in request.headers.get("accept-encoding", "")
        etag = f'"{made.etag}{"-gzip" if use_gzip else ""}"'
        headers = {"ETag": etag, "Cache-Control": CACHE}
        headers["Vary"] = "Accept-Encoding" if kind == JSON else "Accept-Language"
        given = request.headers.get("if-none-match", "")
        if etag in {tag.strip().removeprefix("W/") for tag in given.split(",")}:
            return Response(status_code=304, headers=headers)
        if use_gzip:
            headers["Content-Encoding"] = "gzip"
        return Response(made.zipped if use_gzip else made.content, headers=headers, media_type=kind)

    def _keep(self, key: tuple[str, ...], made: Made) -> None:
        self._made[key] = made
        self._bytes += _size(key, made)
        while self._bytes > MAX_KEPT_BYTES and len(self._made) > 1:
            self._bytes -= _size(*self._made.popitem(last=False))


def _size(key: tuple[str, ...], made: Made) -> int:
    texts = sum(len(part.encode()) for part in key)
    return ENTRY_BYTES + texts + len(made.content) + len(made.zipped)
