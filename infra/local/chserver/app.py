"""The HTTP interface as an ASGI application: which request runs where, and how it ends early."""

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import structlog
from prometheus_client import generate_latest

from infra.local.chserver import incoming, statement
from infra.local.chserver.admit import Guard
from infra.local.chserver.answer import Answer, Send
from infra.local.chserver.engine import Engine
from infra.local.chserver.errors import QueryError, refusal
from infra.local.chserver.insert import insert
from infra.local.chserver.lane import Lane
from infra.local.chserver.limits import Limits
from infra.local.chserver.login import Login
from infra.local.chserver.read import Summary, read
from infra.local.chserver.request import Request, parse
from infra.metrics import (
    CLICKHOUSE,
    CLICKHOUSE_FAILED,
    CLICKHOUSE_MEMORY,
    CLICKHOUSE_REQUESTS,
    CLICKHOUSE_RUNNING,
)

log = structlog.get_logger(__name__)
Scope = MutableMapping[str, Any]

# An answer up to this size is sent whole, with its length and a complete summary.
_WHOLE_BYTES = 1024 * 1024
_NOT_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Door:
    """One of the two ports: what its clients may use."""

    limits: Limits
    lane: Lane
    guard: Guard | None = None
    seconds: float | None = None
    login: Login | None = None


class App:
    """Answers `/ping` at once and everything else on the threads of its lane.

    Args:
        engine: the engine.
        doors: by port.
        inserts: the lane of inserts that carry data.
        temporary: folder of temporary files.
    """

    def __init__(
        self, engine: Engine, doors: dict[int, Door], inserts: Lane, temporary: Path
    ) -> None:
        self._engine = engine
        self._doors = doors
        self._inserts = inserts
        self._temporary = temporary
        self._control = Lane("control", running=1, waiting=1000)
        self._readers = set[asyncio.Task[None]]()

    async def __call__(self, scope: Scope, receive: incoming.Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        answer = Answer(send, self._engine.timezone)
        door = self._doors[scope["server"][1]]
        try:
            incoming.refuse_browsers(headers)
            if scope["path"] == "/ping" or (scope["path"] == "/" and _empty(scope)):
                await answer.whole(b"Ok.\n", Summary())
                return
            if scope["path"] == "/metrics" and not door.guard:
                if door.login:
                    door.login.check(headers, scope["query_string"])
                await answer.whole(await self._control.submit(self._metrics), Summary())
                return
            if scope["path"] != "/" or scope["method"] not in {"GET", "POST"}:
                await answer.fail(refusal(_NOT_FOUND, "There is nothing here; use /ping or /"))
                return
            if door.login:
                door.login.check(headers, scope["query_string"])
            encoding = headers.get("content-encoding", "").lower()
            body = await incoming.body(receive, encoding, door.limits.request_bytes)
            request = parse(scope["method"], scope["query_string"], headers, body)
        except QueryError as error:
            CLICKHOUSE_FAILED.labels(door.lane.name, error.code).inc()
            await answer.fail(error)
            return
        answer = Answer(send, self._engine.timezone, request)
        inserts = request.insert and not door.guard
        lane = self._inserts if inserts else door.lane
        with (
            CLICKHOUSE_REQUESTS.labels(lane.name).time(),
            CLICKHOUSE_RUNNING.labels(lane.name).track_inprogress(),
        ):
            await self._until_gone(self._answer(door, lane, request, answer), receive)

    def stop_reading(self) -> None:
        """Cancel the running queries, so that a stop waits for inserts only."""
        for task in self._readers:
            task.cancel()

    async def _until_gone(self, work: Any, receive: incoming.Receive) -> None:
        """Run the work; cancel it when the client goes away."""
        task = asyncio.create_task(work)
        gone = asyncio.create_task(incoming.gone(receive))
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _metrics(self) -> bytes:
        """The metrics in Prometheus's format."""
        sql = "SELECT value FROM system.metrics WHERE metric = 'MemoryTracking'"
        CLICKHOUSE_MEMORY.labels("tracked").set(int(self._engine.rows(sql)[0][0]))
        CLICKHOUSE_MEMORY.labels("resident").set(psutil.Process().memory_info().rss)
        return generate_latest(CLICKHOUSE.registry)

    async def _answer(self, door: Door, lane: Lane, request: Request, answer: Answer) -> None:
        try:
            async with asyncio.timeout(door.seconds):
                if lane is self._inserts:
                    await self._insert(door, request, answer)
                else:
                    await self._read(door, request, answer)
        except QueryError as error:
            CLICKHOUSE_FAILED.labels(lane.name, error.code).inc()
            log.info("query_failed", code=error.code, query_id=request.query_id)
            if answer.begun:
                await answer.break_off(error)
            else:
                await answer.fail(error)
        except TimeoutError:
            CLICKHOUSE_FAILED.labels(lane.name, 159).inc()
            if answer.begun:
                raise
            await answer.fail(refusal(159, "The time for this query is over", "TIMEOUT_EXCEEDED"))

    async def _insert(self, door: Door, request: Request, answer: Answer) -> None:
        data = request.insert
        if data is None:
            return
        settings = self._settings(door, request)
        async with self._inserts.turn():
            work = self._inserts.submit(
                lambda: insert(self._engine, request, data, settings, self._temporary)
            )
            try:
                written = await asyncio.shield(work)
            except asyncio.CancelledError:
                # Nobody waits for the answer, but what has begun is finished.
                with suppress(QueryError):
                    await work
                raise
        await answer.whole(b"", Summary(written_rows=written))

    async def _read(self, door: Door, request: Request, answer: Answer) -> None:
        task = asyncio.current_task()
        if task:
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)
        async with door.lane.turn():
            settings = self._settings(door, request)
            if door.guard:
                guard = door.guard
                request = await door.lane.submit(lambda: guard.admit(request))
            summary = Summary()
            pieces = read(
                self._engine, request, settings, statement.first_word(request.sql), summary
            )
            work: asyncio.Future[bytes | None] | None = None
            held = bytearray()
            try:
                while True:
                    work = door.lane.submit(lambda: next(pieces, None))
                    piece = await asyncio.shield(work)
                    if piece is None:
                        break
                    if answer.begun:
                        await answer.piece(piece)
                        continue
                    held += piece
                    if len(held) > _WHOLE_BYTES:
                        await answer.head(summary)
                        await answer.piece(bytes(held))
            except asyncio.CancelledError:
                await self._cancel(request.mark, work)
                raise
            finally:
                await door.lane.submit(pieces.close)
        if answer.begun:
            await answer.end()
        else:
            await answer.whole(bytes(held), summary)

    async def _cancel(self, mark: str, work: asyncio.Future[bytes | None] | None) -> None:
        """End the query in the engine; only then is its place free for the next."""
        if work is None or work.done():
            return
        await self._control.submit(lambda: self._engine.kill(mark))
        with suppress(QueryError):
            await work

    def _settings(self, door: Door, request: Request) -> dict[str, str]:
        own = {"log_comment": request.mark}
        if door.guard:
            return own | door.guard.settings(request) | door.limits.settings
        forced = {"async_insert": "0"} | ({"readonly": "2"} if request.read_only else {})
        return door.limits.settings | dict(request.settings) | own | forced


def _empty(scope: Scope) -> bool:
    return scope["method"] == "GET" and b"query=" not in scope["query_string"]
