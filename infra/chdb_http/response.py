"""Send a response over ASGI: whole if it is small, in pieces otherwise, compressed if wanted."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from http import HTTPStatus
from typing import Any

from infra.chdb_http.body import Offload
from infra.chdb_http.compressed_blocks import BlockCompressor
from infra.chdb_http.compression import Compressor, NestedCompressor, compressor
from infra.chdb_http.errors import QueryError
from infra.chdb_http.query import QuerySummary
from infra.chdb_http.request import Request

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_WORTH_COMPRESSING = 1024
# Larger pieces are compressed and sent in steps, so that other requests get their turn.
_STEP = 1024 * 1024
# A client that takes nothing for so long has stopped reading: its query gives its place back.
_STALL_SECONDS = 300


class Response:
    """The response to one request: `head` once, then `piece`, then `end`; or `fail`.

    Args:
        send: ASGI's channel to the client.
        offload: runs work on a thread.
        timezone: the engine's time zone.
        display_name: the server's name.

    Attributes:
        request: what was asked, once it is parsed.
        begun: whether the head of the response is sent.
    """

    def __init__(
        self,
        send: Send,
        offload: Offload,
        timezone: str,
        display_name: str,
    ) -> None:
        self._send = send
        self._offload = offload
        self._timezone = timezone
        self._display_name = display_name
        self.request: Request | None = None
        self._compressor: Compressor | None = None
        self.begun = False

    async def whole(self, body: bytes, summary: QuerySummary) -> None:
        """Send everything at once."""
        headers = self._headers(summary) | self._encode(len(body))
        if packer := self._compressor:
            body = await self._offload(lambda: packer.compress(body) + packer.flush())
        headers["Content-Length"] = str(len(body))
        await self._start(HTTPStatus.OK, headers)
        await self._body(body, more=False)

    async def head(self, summary: QuerySummary) -> None:
        """Begin a response that comes in pieces."""
        await self._start(HTTPStatus.OK, self._headers(summary) | self._encode())

    async def piece(self, body: bytes) -> None:
        """Send the next piece."""
        for start in range(0, len(body), _STEP):
            step = body[start : start + _STEP]
            if self._compressor:
                step = await self._offload(partial(self._compressor.compress, step))
            if step:
                await self._body(step, more=True)

    async def end(self) -> None:
        """Send the last piece."""
        await self._body(self._compressor.flush() if self._compressor else b"", more=False)

    async def fail(self, error: QueryError, *, close: bool = False) -> None:
        """Report an error that came before the first byte of the response.

        Args:
            error: what to report.
            close: leave the response open until `finish`, then close the connection.
        """
        body = error.text.encode()
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Length": str(len(body)),
            "X-ClickHouse-Exception-Code": str(error.code),
        }
        if self.request:
            headers["X-ClickHouse-Query-Id"] = self.request.query_id
        if close:
            headers["Connection"] = "close"
        await self._start(error.status, headers)
        await self._body(body, more=close)

    async def finish(self) -> None:
        """End a response that `fail` left open."""
        await self._body(b"", more=False)

    async def break_off(self, error: QueryError) -> None:
        """Report an error within the body, as a ClickHouse server does.

        The body has no end: that closes the connection, and every client sees a broken response.
        """
        tag, text = self._tag(), error.text
        block = (
            f"\r\n__exception__\r\n{tag}\r\n{text}{len(text.encode())} {tag}\r\n__exception__\r\n"
        )
        await self.piece(block.encode())
        if self._compressor:
            await self._body(self._compressor.flush(), more=True)

    def _tag(self) -> str:
        return self.request.query_tag[-16:].replace("-", "0") if self.request else ""

    def _encode(self, size: int = _WORTH_COMPRESSING) -> dict[str, str]:
        """Choose the compressor for so many bytes; the headers that name it."""
        if not self.request:
            return {}
        if self.request.blocks:
            self._compressor = BlockCompressor()
        if size < _WORTH_COMPRESSING or not (chosen := compressor(self.request.accept)):
            return {}
        name, outer = chosen
        self._compressor = NestedCompressor(outer) if self.request.blocks else outer
        return {"Content-Encoding": name, "Vary": "Accept-Encoding"}

    def _headers(self, summary: QuerySummary) -> dict[str, str]:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Server-Display-Name": self._display_name,
            "X-ClickHouse-Timezone": self._timezone,
        }
        if self.request:
            numbers = {
                "read_rows": summary.read_rows,
                "read_bytes": summary.read_bytes,
                "written_rows": summary.written_rows,
                "result_rows": summary.result_rows,
            }
            headers |= {
                "Content-Type": _content_type(self.request.format),
                "X-ClickHouse-Query-Id": self.request.query_id,
                "X-ClickHouse-Format": self.request.format,
                "X-ClickHouse-Exception-Tag": self._tag(),
                "X-ClickHouse-Summary": json.dumps({k: str(v) for k, v in numbers.items()}),
            }
        return headers

    async def _start(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.begun = True
        encoded = [
            (k.encode("latin-1"), v.encode("latin-1", "replace")) for k, v in headers.items()
        ]
        await self._send(
            {"type": "http.response.start", "status": status.value, "headers": encoded}
        )

    async def _body(self, body: bytes, *, more: bool) -> None:
        async with asyncio.timeout(_STALL_SECONDS):
            await self._send({"type": "http.response.body", "body": body, "more_body": more})


def _content_type(name: str) -> str:
    if name in {"JSON", "JSONCompact", "JSONStrings"}:
        return "application/json; charset=UTF-8"
    if name.startswith("CSV"):
        return "text/csv; charset=UTF-8"
    if name.startswith(("TabSeparated", "TSV")):
        return "text/tab-separated-values; charset=UTF-8"
    if name.startswith("JSON"):
        return "application/x-ndjson; charset=UTF-8"
    if name in {"Native", "RowBinary", "Parquet", "Arrow", "ArrowStream", "ORC", "Avro"}:
        return "application/octet-stream"
    return "text/plain; charset=UTF-8"
