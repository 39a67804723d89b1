"""Compressed bodies: what clients send, and what they accept.

Two kinds, which may be combined: HTTP's (`Content-Encoding`) around ClickHouse's own (`blocks`).
"""

import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Protocol

import lz4.frame  # type: ignore[import-untyped] # it ships none
from backports import zstd

from infra.chdb_http.compressed_blocks import BlockCompressor, BlockError, unpack
from infra.chdb_http.errors import BAD_ARGUMENTS, TOO_LARGE, QueryError, refusal

_STEP = 4 * 1024 * 1024
# Given first to each of the streams that follow one another, then twice as much each time: what a
# stream leaves over is copied, and a body may hold millions of short ones.
_WINDOW = 1024
# Offered in this order: on one machine speed counts, not the last byte.
_PREFERRED = ("lz4", "zstd", "gzip", "deflate")


class Compressor(Protocol):
    """Compresses a body piece by piece."""

    def compress(self, data: bytes, /) -> bytes:
        """The compressed bytes that are ready so far."""

    def flush(self) -> bytes:
        """The rest."""


class _Lz4:
    """lz4's frame compressor with the protocol of the others."""

    def __init__(self) -> None:
        self._frame: Any = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes, /) -> bytes:
        head: bytes = b"" if self._begun else self._frame.begin()
        self._begun = True
        body: bytes = self._frame.compress(data)
        return head + body

    def flush(self) -> bytes:
        head = self.compress(b"")
        tail: bytes = self._frame.flush()
        return head + tail


class NestedCompressor:
    """ClickHouse's blocks within HTTP's encoding.

    Args:
        outer: HTTP's.
    """

    def __init__(self, outer: Compressor) -> None:
        self._inner, self._outer = BlockCompressor(), outer

    def compress(self, data: bytes, /) -> bytes:
        """The compressed bytes that are ready so far."""
        return self._outer.compress(self._inner.compress(data))

    def flush(self) -> bytes:
        """The rest."""
        return self._outer.compress(self._inner.flush()) + self._outer.flush()


def compressor(accept_encoding: str) -> tuple[str, Compressor] | None:
    """The compressor of the best encoding that the client accepts, with its name."""
    accepted = {
        part.split(";")[0].strip()
        for part in accept_encoding.lower().split(",")
        if not part.replace(" ", "").endswith("q=0")
    }
    makers: dict[str, Callable[[], Compressor]] = {
        "lz4": _Lz4,
        "zstd": lambda: zstd.ZstdCompressor(level=1),
        "gzip": lambda: zlib.compressobj(1, wbits=31),
        "deflate": lambda: zlib.compressobj(1),
    }
    for name in _PREFERRED:
        if name in accepted:
            return name, makers[name]()
    return None


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """The body as it was before its encoding, of at most ``limit`` bytes.

    Args:
        body: the compressed bytes.
        encoding: a Content-Encoding, or "clickhouse" for its blocks.
        limit: bytes.

    Raises:
        QueryError: the encoding is unknown, the body broken or too large.
    """
    try:
        pieces = _pieces(body, encoding, limit)
        out = bytearray()
        for piece in pieces:
            out += piece
            if len(out) > limit:
                raise too_large(limit)
    except (zlib.error, zstd.ZstdError, RuntimeError, EOFError, BlockError) as error:
        raise refusal(BAD_ARGUMENTS, f"The body is not valid {encoding}: {error}") from None
    return bytes(out)


def too_large(limit: int) -> QueryError:
    """The refusal of a body over the limit."""
    return refusal(
        TOO_LARGE,
        f"The request's body is larger than {limit} bytes; send smaller batches",
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )


def _pieces(body: bytes, encoding: str, limit: int) -> Iterator[bytes]:
    """Decompress in steps of bounded size, so that a bomb is noticed before it is large."""
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _zlib(body)
    if encoding == "zstd":
        return _frames(body, zstd.ZstdDecompressor)
    if encoding == "lz4":
        return _frames(body, lz4.frame.LZ4FrameDecompressor)
    if encoding == "clickhouse":
        return unpack(body, limit)
    raise refusal(BAD_ARGUMENTS, f"Content-Encoding {encoding} is not supported")


def _frames(body: bytes, decompressor: Callable[[], Any]) -> Iterator[bytes]:
    # clickhouse-connect sends each block as a frame of its own.
    place = 0
    while place < len(body):
        frame, window = decompressor(), _WINDOW
        while not frame.eof:
            given = body[place : place + window] if frame.needs_input else b""
            if frame.needs_input and not given:
                raise EOFError("it ends early")
            place += len(given)
            window = min(2 * window, _STEP)
            yield frame.decompress(given, max_length=_STEP)
        place -= len(frame.unused_data or b"")


def _zlib(body: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(body):
        stream, window = zlib.decompressobj(wbits=47), _WINDOW  # gzip or zlib, by its header
        while not stream.eof:
            given = body[place : place + window]
            piece = stream.decompress(given, _STEP)
            place += len(given) - len(stream.unconsumed_tail) - len(stream.unused_data)
            window = min(2 * window, _STEP)
            if not given and not piece and not stream.eof:
                raise EOFError("it ends early")
            yield piece
