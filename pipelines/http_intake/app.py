"""The HTTP interface as an ASGI application: addresses to send to, and their description."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
import orjson
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.chdb_http.browser_guard import combined, page_request, separate
from infra.service.metrics import (
    HTTP_INTAKE_BYTES,
    HTTP_INTAKE_IN_FLIGHT,
    HTTP_INTAKE_REQUESTS,
    HTTP_INTAKE_SECONDS,
)
from operators.core.clock import Clock, system_clock
from pipelines.http_intake import body
from pipelines.http_intake.admission import InFlight, Rates
from pipelines.http_intake.batches import RETRY_S, deliver, sort
from pipelines.http_intake.delivery import Delivery, NotAcknowledgedError
from pipelines.http_intake.manifests import ManifestReceipt, manifest_records, read_manifest
from pipelines.http_intake.openapi import document
from pipelines.http_intake.problems import ProblemError
from pipelines.http_intake.receipts import Receipts, digest_of_batch
from pipelines.http_intake.tokens import Tokens
from schemas.dated_rules import KINDS
from schemas.events import Kind
from schemas.sources import SourceEntry

REPEATED: Final = "idempotency-replayed"
"""Header of a receipt that was given before."""
DISCARD_S: Final = 3.0
"""How long a refused body is read on, so that its sender reads the answer and no broken pipe."""
NOT_FOUND: Final = 404

log = structlog.get_logger()


Answer = Callable[[SourceEntry, Request, AsyncIterator[bytes], body.Take], Awaitable[Response]]
"""Who sends, request, pieces of its body, and what counts them → the answer."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What the addresses share."""

    tokens: Tokens
    delivery: Delivery
    receipts: Receipts
    in_flight: InFlight
    rates: Rates
    clock: Clock = system_clock

    async def take(self, kind: Kind, request: Request) -> Response:
        """Take one batch."""
        return await self._respond(request, partial(self._answer, kind))

    async def take_manifest(self, request: Request) -> Response:
        """Take what a source believes it sent."""
        return await self._respond(request, self._manifest)

    async def _respond(self, request: Request, answer: Answer) -> Response:
        chunks = _chunks(request)
        began_s = time.perf_counter()
        try:
            source = self.tokens.source(request.headers.get("authorization", ""))
            with self.in_flight.share(source.name) as share:
                HTTP_INTAKE_IN_FLIGHT.set(self.in_flight.used)
                response = await answer(source, request, chunks, share)
        except ProblemError as problem:
            await _discard(chunks)
            response = problem.response()
        HTTP_INTAKE_SECONDS.observe(time.perf_counter() - began_s)
        HTTP_INTAKE_REQUESTS.labels(response.status_code).inc()
        return response

    async def _manifest(
        self, source: SourceEntry, request: Request, chunks: AsyncIterator[bytes], share: body.Take
    ) -> Response:
        if not body.is_array(request.headers.get("content-type", "")):
            raise ProblemError("unknown-media-type")
        packed = body.is_packed(request.headers.get("content-encoding", ""))
        body.check_length(request.headers.get("content-length", ""))
        manifest = read_manifest(await body.read(chunks, share, packed=packed), source)
        self.rates.take(source, len(manifest.counts))
        try:
            await self.delivery.send(manifest_records(manifest, source))
        except NotAcknowledgedError:
            raise ProblemError("not-acknowledged", retry_s=RETRY_S) from None
        sent = sum(count.messages for count in manifest.counts)
        receipt = ManifestReceipt(len(manifest.counts), sent)
        return Response(msgspec.json.encode(receipt), **_JSON)

    async def _answer(
        self,
        kind: Kind,
        source: SourceEntry,
        request: Request,
        chunks: AsyncIterator[bytes],
        share: body.Take,
    ) -> Response:
        headers = request.headers
        array = body.is_array(headers.get("content-type", ""))
        packed = body.is_packed(headers.get("content-encoding", ""))
        body.check_length(headers.get("content-length", ""))
        content = await body.read(chunks, share, packed=packed)
        HTTP_INTAKE_BYTES.inc(len(content))
        key = headers.get("idempotency-key")
        if key is None:
            return Response(await self._receipt(kind, content, source, array=array), **_JSON)
        with self.receipts.taking(source.name, key) as place:
            batch = digest_of_batch(kind, content)
            known = await asyncio.to_thread(self.receipts.find, place, batch)
            if known is not None:
                return Response(known, headers={REPEATED: "true"}, **_JSON)
            receipt = await self._receipt(kind, content, source, array=array)
            await asyncio.to_thread(self.receipts.keep, place, batch, receipt)
            return Response(receipt, **_JSON)

    async def _receipt(
        self, kind: Kind, content: bytes, source: SourceEntry, *, array: bool
    ) -> bytes:
        messages = body.messages(content, array=array)
        self.rates.take(source, len(messages))
        batch = sort(kind, messages, source, self.tokens.rules, self.clock())
        return msgspec.json.encode(await deliver(kind, batch, self.delivery))


_JSON: Final[dict[str, Any]] = {"media_type": "application/json"}


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The pieces of a request's body; a client that goes away has sent no batch."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise ProblemError("too-slow") from None


async def _discard(chunks: AsyncIterator[bytes]) -> None:
    """Read what is left of a refused body, for a moment."""
    with suppress(TimeoutError, ProblemError):
        async with asyncio.timeout(DISCARD_S):
            async for _ in chunks:
                pass


def application(doors: Doors) -> ASGIApp:
    """The application, which no web page reaches."""
    described = orjson.dumps(document())

    async def describe(_request: Request) -> Response:
        return Response(described, **_JSON)

    async def no_address(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else NOT_FOUND
        kind = "no-such-address" if status == NOT_FOUND else "method-not-allowed"
        response = ProblemError(kind).response()
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    async def failed(_request: Request, error: Exception) -> Response:
        log.error("http_intake_failed", error=type(error).__name__, exc_info=error)
        return ProblemError("failed").response()

    routes = [Route(f"/v1/{kind}", partial(doors.take, kind), methods=["POST"]) for kind in KINDS]
    routes.append(Route("/v1/manifests", doors.take_manifest, methods=["POST"]))
    routes.append(Route("/openapi.json", describe, methods=["GET"]))
    handlers = {HTTPException: no_address, Exception: failed}
    inner = Starlette(routes=routes, exception_handlers=handlers)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = combined(scope["headers"])
        if reason := page_request(headers):
            HTTP_INTAKE_REQUESTS.labels(403).inc()
            await ProblemError("web-page", reason).response()(scope, receive, send)
        else:
            await inner({**scope, "headers": separate(headers)}, receive, send)

    return guarded
