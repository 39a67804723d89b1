"""The body of a request: read within limits, unpacked, cut into messages that stay as they are."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from operators.core.wording import number_of
from pipelines.http_intake.problems import ProblemError

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Of a request's body, as sent and, if it is packed, as unpacked."""
MAX_MESSAGES: Final = 10_000
STALL_S: Final = 20.0
"""A client that sends nothing for so long has stopped."""
BODY_S: Final = 120.0
GZIP: Final = 16 + zlib.MAX_WBITS

Take = Callable[[int], None]
"""Is told of bytes before they are kept; raises if there are too many."""

ARRAY: Final = "application/json"
LINES: Final = ("application/x-ndjson", "application/ndjson", "application/jsonl")

_array: Final = msgspec.json.Decoder(list[msgspec.Raw])
_TOO_LARGE: Final = f"at most {MAX_BODY_BYTES} bytes, unpacked"


def is_array(content_type: str) -> bool:
    """Whether the body is an array, otherwise it is lines.

    Raises:
        ProblemError: It is neither.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != ARRAY and media_type not in LINES:
        raise ProblemError("unknown-media-type")
    return media_type == ARRAY


def is_packed(encoding: str) -> bool:
    """Whether the body is packed with gzip.

    Raises:
        ProblemError: It is packed in another way.
    """
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", "gzip"}:
        raise ProblemError("unknown-media-type")
    return encoding == "gzip"


def check_length(length: str) -> None:
    """Refuse a body that says itself that it is too large.

    Raises:
        ProblemError: It is.
    """
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        raise ProblemError("too-large", _TOO_LARGE)


async def read(chunks: AsyncIterator[bytes], take: Take, *, packed: bool) -> bytes:
    """The whole body, unpacked while it arrives: a small body that unpacks without end is left.

    Args:
        chunks: Of the body, as sent.
        take: Counts what is on its way.
        packed: With gzip.

    Raises:
        ProblemError: It is too large, too slow, or no gzip.
    """
    found = bytearray()
    sent = 0
    unpacker = _Unpacker() if packed else None
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                async with asyncio.timeout(STALL_S):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                sent += len(chunk)
                if sent > MAX_BODY_BYTES:
                    raise ProblemError("too-large", _TOO_LARGE)
                piece = unpacker.add(chunk, MAX_BODY_BYTES - len(found)) if unpacker else chunk
                take(len(piece))
                found += piece
    except TimeoutError:
        raise ProblemError("too-slow") from None
    if unpacker is not None and not unpacker.whole:
        raise ProblemError("unreadable", "the gzip breaks off")
    return bytes(found)


class _Unpacker:
    """Unpacks gzip piece by piece, within a limit; one gzip may follow another."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(GZIP)

    @property
    def whole(self) -> bool:
        """Whether the end has been read."""
        return self._inner.eof

    def add(self, chunk: bytes, room: int) -> bytes:
        """What a chunk unpacks to, at most `room` bytes.

        Raises:
            ProblemError: It is more, or no gzip.
        """
        found = bytearray()
        try:
            while chunk:
                if self._inner.eof:
                    self._inner = zlib.decompressobj(GZIP)
                found += self._inner.decompress(chunk, room - len(found) + 1)
                if len(found) > room:
                    raise ProblemError("too-large", _TOO_LARGE)
                chunk = self._inner.unconsumed_tail or self._inner.unused_data
        except zlib.error:
            raise ProblemError("unreadable", "the body is no gzip") from None
        return bytes(found)


def messages(body: bytes, *, array: bool) -> list[bytes]:
    """The messages of a body, each as it was written.

    Raises:
        ProblemError: There are none or too many, or an array is no JSON.
    """
    found = _elements(body) if array else _lines(body)
    if not found:
        raise ProblemError("unreadable", "there is no message in it")
    if len(found) > MAX_MESSAGES:
        raise ProblemError("too-large", f"at most {number_of(MAX_MESSAGES, 'message')}")
    return found


def _lines(body: bytes) -> list[bytes]:
    text = body.rstrip(b"\r\n")  # a blank line between others is a message without bytes
    return [line.removesuffix(b"\r") for line in text.split(b"\n")] if text.strip() else []


def _elements(body: bytes) -> list[bytes]:
    if body.lstrip()[:1] == b"{":  # one message alone
        return [body.strip()]
    try:
        return [bytes(raw) for raw in _array.decode(body)]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise ProblemError("unreadable", "it is no JSON array") from None
