"""The HTTP interface as an ASGI application: which request is refused, and what is executed."""

import asyncio
from collections.abc import Coroutine, Mapping, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from infra.chdb_http.body import BodyReader, Receive, discard, disconnected, read_body
from infra.chdb_http.browser_guard import combined, refuse_browsers
from infra.chdb_http.compression import too_large
from infra.chdb_http.errors import QueryError, refusal
from infra.chdb_http.execution import Execution
from infra.chdb_http.listener import Listener
from infra.chdb_http.metrics import MetricsSink
from infra.chdb_http.query import QuerySummary
from infra.chdb_http.request import RawRequest, switched_on, url_parameters
from infra.chdb_http.response import Response, Send

Scope = MutableMapping[str, Any]

_NOT_FOUND = 1000
_PROBES = {"/ping", "/replicas_status"}
_METHODS = {"GET", "HEAD", "POST"}
# Of one byte in a URL.
_MAX_ENCODINGS = 3


class HttpApp:
    """Answers `/ping` at once and everything else on the threads of a query pool.

    Args:
        execution: executes requests.
        listener: the port, and what its clients may use.
        metrics: receives what is measured.
        display_name: the server's name in its responses.
    """

    def __init__(
        self,
        execution: Execution,
        listener: Listener,
        metrics: MetricsSink,
        display_name: str,
    ) -> None:
        self._execution = execution
        self._listener = listener
        self._metrics = metrics
        self._display_name = display_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = combined(scope["headers"])
        listener = self._listener
        reader = BodyReader(receive, headers)
        response = Response(send, listener.offload, self._execution.timezone, self._display_name)
        async with listener.memory.share() as reserve:
            try:
                refuse_browsers(headers)
                if await self._answer_probe(scope, headers, listener, response):
                    return
                request = await _read_request(scope, headers, listener, reader, reserve)
            except QueryError as error:
                self._metrics.failed(listener.pool.name, error.code)
                await _refuse(response, error, reader)
                return
            await _until_disconnected(self._execution.answer(listener, request, response), receive)

    async def _answer_probe(
        self, scope: Scope, headers: Mapping[str, str], listener: Listener, response: Response
    ) -> bool:
        """Answer what is no query, and say whether it was such.

        Raises:
            QueryError: there is nothing at this path, or the password is another.
        """
        if scope["path"] in _PROBES or _is_bare(scope):
            await response.whole(b"Ok.\n", QuerySummary())
            return True
        metrics = scope["path"] == "/metrics" and not listener.analysts
        if not metrics:
            _refuse_unknown(scope)
        if listener.credentials:
            listener.credentials.check(headers, scope["query_string"])
        if metrics:
            await response.whole(await self._execution.metrics(), QuerySummary())
        return metrics


async def _read_request(
    scope: Scope,
    headers: Mapping[str, str],
    listener: Listener,
    reader: BodyReader,
    reserve: Any,
) -> RawRequest:
    """Read a request to its end.

    Raises:
        QueryError: it is too large or broken.
    """
    limit = listener.limits.statement_bytes
    if limit and len(scope["query_string"]) > _MAX_ENCODINGS * limit:
        raise too_large(limit)
    url = url_parameters(scope["query_string"])
    body = await read_body(
        reader,
        headers,
        listener.limits.request_bytes,
        reserve,
        listener.offload,
        blocks=switched_on(url, "decompress"),
    )
    request = RawRequest(scope["method"], url, headers, body)
    if limit and request.statement_bytes > limit:
        raise too_large(limit)
    return request


async def _until_disconnected(work: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Run the work; cancel it when the client goes away."""
    task = asyncio.create_task(work)
    gone = asyncio.create_task(disconnected(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _is_bare(scope: Scope) -> bool:
    asks = scope["path"] == "/" and scope["method"] in {"GET", "HEAD"}
    return asks and b"query=" not in scope["query_string"]


def _refuse_unknown(scope: Scope) -> None:
    if scope["path"] != "/":
        raise refusal(_NOT_FOUND, "There is nothing here; use /ping or /", status=HTTPStatus(404))
    if scope["method"] not in _METHODS:
        status = HTTPStatus.METHOD_NOT_ALLOWED
        raise refusal(_NOT_FOUND, "Methods are GET, HEAD and POST", status=status)


async def _refuse(response: Response, error: QueryError, reader: BodyReader) -> None:
    """Refuse a request, of which some of the body may still come."""
    unread = reader.unread
    await response.fail(error, close=unread)
    if unread:
        await discard(reader)
        await response.finish()
