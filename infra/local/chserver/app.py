"""The HTTP interface as an ASGI application: which request runs where, and how it ends early."""

import asyncio
from collections.abc import Coroutine, Generator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from inspect import GEN_CLOSED, getgeneratorstate
from pathlib import Path
from typing import Any

import psutil
import structlog
from prometheus_client import generate_latest

from infra.local.chserver import incoming, statement
from infra.local.chserver.admit import Guard
from infra.local.chserver.answer import Answer, Send
from infra.local.chserver.engine import Engine, quote
from infra.local.chserver.errors import QueryError, refusal
from infra.local.chserver.insert import insert
from infra.local.chserver.lane import Lane
from infra.local.chserver.limits import Limits
from infra.local.chserver.login import Login
from infra.local.chserver.read import Summary, read
from infra.local.chserver.request import Request, address, on, parse
from infra.local.chserver.running import Running
from infra.service.metrics import (
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
# A shorter request is read between others, in 4 ms at most; a change of threads costs 0.1 ms.
_SHORT_BYTES = 1024
_NOT_FOUND = 1000
_OK = {"/ping", "/replicas_status"}
_METHODS = {"GET", "HEAD", "POST"}
# Between two attempts to cancel: the engine forgets one that comes before its query has begun.
_KILL_SECONDS = 0.2
_FAREWELL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Door:
    """One of the two ports: what its clients may use.

    Attributes:
        limits: of one request.
        lane: of its queries.
        memory: for all bodies together.
        guard: admits statements; none on the operators' port.
        seconds: time for one request, sending the answer included.
        running: its queries.
    """

    limits: Limits
    lane: Lane
    memory: incoming.Memory
    guard: Guard | None = None
    seconds: float | None = None
    login: Login | None = None
    running: Running = field(default_factory=Running)


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

    async def __call__(self, scope: Scope, receive: incoming.Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        answer = Answer(send, self._engine.timezone)
        client = incoming.Client(receive, headers)
        door = self._doors[scope["server"][1]]
        async with door.memory.share() as take:
            try:
                incoming.refuse_browsers(headers)
                if scope["path"] in _OK or _empty(scope):
                    await answer.whole(b"Ok.\n", Summary())
                    return
                metrics = scope["path"] == "/metrics" and not door.guard
                if not metrics:
                    _refuse_unknown(scope)
                if door.login:
                    door.login.check(headers, scope["query_string"])
                if metrics:
                    await answer.whole(await self._control.submit(self._metrics), Summary())
                    return
                url = address(scope["query_string"])
                body = await incoming.body(
                    client,
                    headers,
                    door.limits.request_bytes,
                    take,
                    blocks=on(url, "decompress"),
                )
                if len(body) + len(scope["query_string"]) < _SHORT_BYTES:
                    request = parse(scope["method"], url, headers, body)
                else:  # reading its words takes long enough to delay others
                    request = await asyncio.to_thread(parse, scope["method"], url, headers, body)
            except QueryError as error:
                CLICKHOUSE_FAILED.labels(door.lane.name, error.code).inc()
                await _refuse(answer, error, client)
                return
            del body
            answer = Answer(send, self._engine.timezone, request)
            lane = self._inserts if request.insert and not door.guard else door.lane
            with (
                CLICKHOUSE_REQUESTS.labels(lane.name).time(),
                CLICKHOUSE_RUNNING.labels(lane.name).track_inprogress(),
            ):
                await self._until_gone(self._answer(door, lane, request, answer), receive)

    def stop_reading(self) -> None:
        """Cancel the running queries, so that a stop waits for inserts only."""
        for door in self._doors.values():
            door.running.stop()

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
            await _fail(request, answer, error)
        except TimeoutError:
            CLICKHOUSE_FAILED.labels(lane.name, 159).inc()
            over = refusal(159, "The time for this query is over", "TIMEOUT_EXCEEDED")
            await _fail(request, answer, over)

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
        victim = "" if request.read_only else statement.killed(request.sql)
        found = await door.running.kill(victim) if victim else False
        lane = door.lane
        if victim and (found or door.guard):
            request = _killed(request, victim, found=found)
            lane = self._control  # the lane may be full of what shall end
        if request.replace:
            await door.running.kill(request.query_id)
        if task is None:
            return
        with door.running.register(request.query_id, task) as query:
            try:
                await self._rows(door, lane, request, answer)
            except asyncio.CancelledError:
                if not query.killed:
                    raise
                task.uncancel()
                raise refusal(394, "Query was cancelled", "QUERY_WAS_CANCELLED") from None

    async def _rows(self, door: Door, lane: Lane, request: Request, answer: Answer) -> None:
        async with lane.turn():
            settings = self._settings(door, request)
            if door.guard:
                guard = door.guard
                request = await lane.submit(lambda: guard.admit(request))
            summary = Summary()
            pieces = read(
                self._engine, request, settings, statement.first_word(request.sql), summary
            )
            work = lane.submit(lambda: _together(pieces, _WHOLE_BYTES))
            try:
                piece = await asyncio.shield(work)
                if not _ended(pieces):
                    await answer.head(summary)
                while not _ended(pieces):
                    await answer.piece(piece)
                    work = lane.submit(lambda: next(pieces, b""))
                    piece = await asyncio.shield(work)
            finally:
                await _surely(self._end(lane, request.mark, work, pieces))
        if answer.begun:
            await answer.end()
        else:
            await answer.whole(piece, summary)

    async def _end(
        self,
        lane: Lane,
        mark: str,
        work: asyncio.Future[bytes],
        pieces: Generator[bytes, None, None],
    ) -> None:
        """End the query in the engine; only then is its place free for the next."""
        while not work.done():
            await self._control.submit(lambda: self._engine.kill(mark))
            await asyncio.wait({work}, timeout=_KILL_SECONDS)
        work.exception()  # it was told already, or nobody waits for it
        if not _ended(pieces):
            await lane.submit(pieces.close)

    def _settings(self, door: Door, request: Request) -> dict[str, str]:
        own = {"log_comment": request.mark}
        if door.guard:
            return own | door.guard.settings(request) | door.limits.settings
        forced = {"async_insert": "0"} | ({"readonly": "2"} if request.read_only else {})
        return door.limits.settings | dict(request.settings) | own | forced


def _empty(scope: Scope) -> bool:
    asks = scope["path"] == "/" and scope["method"] in {"GET", "HEAD"}
    return asks and b"query=" not in scope["query_string"]


def _refuse_unknown(scope: Scope) -> None:
    if scope["path"] != "/":
        raise refusal(_NOT_FOUND, "There is nothing here; use /ping or /", status=HTTPStatus(404))
    if scope["method"] not in _METHODS:
        status = HTTPStatus.METHOD_NOT_ALLOWED
        raise refusal(_NOT_FOUND, "Methods are GET, HEAD and POST", status=status)


async def _refuse(answer: Answer, error: QueryError, client: incoming.Client) -> None:
    """Refuse a request, of which some of the body may still come."""
    unread = client.unread
    await answer.fail(error, close=unread)
    if unread:
        await incoming.discard(client)
        await answer.finish()


async def _fail(request: Request, answer: Answer, error: QueryError) -> None:
    log.info("query_failed", code=error.code, query_id=request.query_id)
    if not answer.begun:
        await answer.fail(error)
        return
    # Who does not read the answer does not read its end either.
    with suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await answer.break_off(error)


def _killed(request: Request, victim: str, *, found: bool) -> Request:
    """The query that answers a `KILL QUERY` as a server does."""
    sql = (
        f"SELECT 'finished' AS kill_status, {quote(victim)} AS query_id, 'default' AS user,"
        f" '' AS query WHERE {found:d}"
    )
    return replace(request, sql=sql.encode())


def _together(pieces: Generator[bytes, None, None], most: int) -> bytes:
    """The first pieces as one: all of them, or the first few that are longer than that."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > most:
            break
    return bytes(held)


def _ended(pieces: Generator[bytes, None, None]) -> bool:
    return getgeneratorstate(pieces) == GEN_CLOSED


async def _surely(work: Coroutine[Any, Any, None]) -> None:
    """Finish this, however often the request is cancelled meanwhile."""
    task = asyncio.create_task(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()
