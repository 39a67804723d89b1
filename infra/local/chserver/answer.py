"""Send an answer over ASGI: whole if it is small, in pieces otherwise, compressed if wanted."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from infra.local.chserver.compression import compressor
from infra.local.chserver.errors import QueryError
from infra.local.chserver.read import Summary
from infra.local.chserver.request import Request

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_WORTH_COMPRESSING = 1024


class Answer:
    """The answer to one request: `head` once, then `piece`, then `end`; or `fail`.

    Args:
        send: ASGI's channel to the client.
        timezone: the engine's time zone.
        request: what was asked, if it could be read.
    """

    def __init__(self, send: Send, timezone: str, request: Request | None = None) -> None:
        self._send = send
        self._timezone = timezone
        self._request = request
        self._compressor: Any = None
        self.begun = False

    async def whole(self, body: bytes, summary: Summary) -> None:
        """Send everything at once."""
        headers = self._headers(summary)
        if len(body) >= _WORTH_COMPRESSING and (body_headers := self._encode()):
            headers |= body_headers
            body = self._compressor.compress(body) + self._compressor.flush()
        headers["Content-Length"] = str(len(body))
        await self._start(HTTPStatus.OK, headers)
        await self._body(body, more=False)

    async def head(self, summary: Summary) -> None:
        """Begin an answer that comes in pieces."""
        await self._start(HTTPStatus.OK, self._headers(summary) | self._encode())

    async def piece(self, body: bytes) -> None:
        """Send the next piece."""
        if self._compressor:
            body = self._compressor.compress(body)
        if body:
            await self._body(body, more=True)

    async def end(self) -> None:
        """Send the last piece."""
        await self._body(self._compressor.flush() if self._compressor else b"", more=False)

    async def fail(self, error: QueryError) -> None:
        """Report an error that came before the first byte of the answer."""
        body = error.text.encode()
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Length": str(len(body)),
            "X-ClickHouse-Exception-Code": str(error.code),
        }
        if self._request:
            headers["X-ClickHouse-Query-Id"] = self._request.query_id
        await self._start(error.status, headers)
        await self._body(body, more=False)

    async def break_off(self, error: QueryError) -> None:
        """Report an error within the body, as a ClickHouse server does.

        The body has no end: that closes the connection, and every client sees a broken answer.
        """
        tag, text = self._tag(), error.text
        block = (
            f"\r\n__exception__\r\n{tag}\r\n{text}{len(text.encode())} {tag}\r\n__exception__\r\n"
        )
        await self.piece(block.encode())
        if self._compressor:
            await self._body(self._compressor.flush(), more=True)

    def _tag(self) -> str:
        return self._request.mark[-16:].replace("-", "0") if self._request else ""

    def _encode(self) -> dict[str, str]:
        chosen = compressor(self._request.accept) if self._request else None
        if not chosen:
            return {}
        name, self._compressor = chosen
        return {"Content-Encoding": name, "Vary": "Accept-Encoding"}

    def _headers(self, summary: Summary) -> dict[str, str]:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Server-Display-Name": "tutti",
            "X-ClickHouse-Timezone": self._timezone,
        }
        if self._request:
            numbers = {
                "read_rows": summary.read_rows,
                "read_bytes": summary.read_bytes,
                "written_rows": summary.written_rows,
                "result_rows": summary.result_rows,
            }
            headers |= {
                "Content-Type": _content_type(self._request.format),
                "X-ClickHouse-Query-Id": self._request.query_id,
                "X-ClickHouse-Format": self._request.format,
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
