"""Execute a request on the threads of its query pool, and end it early where that is asked for."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import replace
from inspect import GEN_CLOSED, getgeneratorstate
from pathlib import Path
from typing import Any, TypeVar

import psutil
import structlog

from infra.chdb_http import statement
from infra.chdb_http.engine import Engine, quote
from infra.chdb_http.errors import QueryError, refusal
from infra.chdb_http.insert import insert
from infra.chdb_http.listener import Listener
from infra.chdb_http.metrics import MetricsSink
from infra.chdb_http.query import QuerySummary, run_query
from infra.chdb_http.query_pool import QueryPool
from infra.chdb_http.request import RawRequest, Request, parse
from infra.chdb_http.response import Response

T = TypeVar("T")
log = structlog.get_logger(__name__)

# A result up to this size is sent whole, with its length and a complete summary.
_WHOLE_BYTES = 1024 * 1024
# A shorter request is parsed between others, in 4 ms at most; a change of threads costs 0.1 ms.
_SHORT_BYTES = 1024
_TIMEOUT_EXCEEDED = 159
_QUERY_WAS_CANCELLED = 394
# Between two attempts to cancel: the engine forgets one that comes before its query has begun.
_KILL_SECONDS = 0.2
_FAREWELL_SECONDS = 5


class Execution:
    """Executes requests.

    Args:
        engine: the engine.
        inserts: the pool of inserts that carry data.
        temporary: folder of temporary files.
        metrics: receives what is measured.
    """

    def __init__(
        self, engine: Engine, inserts: QueryPool, temporary: Path, metrics: MetricsSink
    ) -> None:
        self._engine = engine
        self._inserts = inserts
        self._temporary = temporary
        self._metrics = metrics
        self._control = QueryPool("control", running=1, waiting=1000)

    @property
    def timezone(self) -> str:
        """The engine's time zone."""
        return self._engine.timezone

    async def metrics(self) -> bytes:
        """The metrics as text, memory measured now."""
        tracked = await self._control.submit(self._tracked_bytes)
        self._metrics.memory(tracked=tracked, resident=psutil.Process().memory_info().rss)
        return self._metrics.exposition()

    def _tracked_bytes(self) -> int:
        sql = "SELECT value FROM system.metrics WHERE metric = 'MemoryTracking'"
        return int(self._engine.rows(sql)[0][0])

    async def answer(self, listener: Listener, raw: RawRequest, response: Response) -> None:
        """Execute a request and send its response, or the error it ended with."""
        pool, query_id = listener.pool, ""
        try:
            async with asyncio.timeout(listener.seconds):
                query_id = raw.query_id()
                if listener.analysts:
                    with self._metrics.request(pool.name):
                        await self._query(
                            listener, raw, query_id, lambda: parse(raw, query_id), response
                        )
                    return
                request = await _parse_soon(listener, raw, query_id)
                pool = self._inserts if request.insert else listener.pool
                with self._metrics.request(pool.name):
                    if request.insert:
                        await self._insert(listener, request, response)
                    else:
                        await self._query(listener, raw, query_id, lambda: request, response)
        except QueryError as error:
            self._metrics.failed(pool.name, error.code)
            await _fail(query_id, response, error)
        except TimeoutError:
            self._metrics.failed(pool.name, _TIMEOUT_EXCEEDED)
            over = refusal(_TIMEOUT_EXCEEDED, "The time for this query is over", "TIMEOUT_EXCEEDED")
            await _fail(query_id, response, over)

    async def _insert(self, listener: Listener, request: Request, response: Response) -> None:
        response.request = request

        def admit_and_insert() -> int:
            admitted = listener.policy.admit(request)
            return insert(self._engine, admitted, _settings(listener, admitted), self._temporary)

        async with self._inserts.slot():
            work = self._inserts.submit(admit_and_insert)
            try:
                written = await asyncio.shield(work)
            except asyncio.CancelledError:
                # Nobody waits for the response, but an insert that has begun is finished.
                with suppress(QueryError):
                    await work
                raise
        await response.whole(b"", QuerySummary(written_rows=written))

    async def _query(
        self,
        listener: Listener,
        raw: RawRequest,
        query_id: str,
        parsed: Callable[[], Request],
        response: Response,
    ) -> None:
        task = asyncio.current_task()
        victim = raw.victim
        found = await listener.registry.kill(victim) if victim else False
        if raw.replace:
            await listener.registry.kill(query_id)
        if task is None:
            return
        with listener.registry.register(query_id, task) as query:
            try:
                if victim and (found or listener.analysts):
                    # The listener's own pool may be full of what shall end.
                    pool, prepare = self._control, _kill_result(parsed, victim, found=found)
                else:
                    pool, prepare = listener.pool, lambda: listener.policy.admit(parsed())
                await self._rows(listener, pool, prepare, response)
            except asyncio.CancelledError:
                if not query.killed:
                    raise
                task.uncancel()
                raise refusal(
                    _QUERY_WAS_CANCELLED, "Query was cancelled", "QUERY_WAS_CANCELLED"
                ) from None

    async def _rows(
        self,
        listener: Listener,
        pool: QueryPool,
        prepare: Callable[[], Request],
        response: Response,
    ) -> None:
        """Look at the statement once it has a slot: not before, and not if its client has gone."""
        async with pool.slot():
            request = await _completed(pool.submit(prepare))
            response.request = request
            summary, settings = QuerySummary(), _settings(listener, request)
            pieces = run_query(
                self._engine,
                request,
                settings,
                statement.first_word(request.sql),
                summary,
                int(float(settings["max_result_bytes"])) if listener.analysts else 0,
            )
            work = pool.submit(lambda: _together(pieces, _WHOLE_BYTES))
            try:
                piece = await asyncio.shield(work)
                if not _ended(pieces):
                    await response.head(summary)
                while not _ended(pieces):
                    await response.piece(piece)
                    work = pool.submit(lambda: next(pieces, b""))
                    piece = await asyncio.shield(work)
            finally:
                await _complete(self._end(pool, request.query_tag, work, pieces))
        if response.begun:
            await response.end()
        else:
            await response.whole(piece, summary)

    async def _end(
        self,
        pool: QueryPool,
        query_tag: str,
        work: asyncio.Future[bytes],
        pieces: Generator[bytes, None, None],
    ) -> None:
        """End the query in the engine; only then is its slot free for the next."""
        while not work.done():
            await self._control.submit(lambda: self._engine.kill(query_tag))
            await asyncio.wait({work}, timeout=_KILL_SECONDS)
        work.exception()  # it was reported already, or nobody waits for it
        if not _ended(pieces):
            await pool.submit(pieces.close)


async def _parse_soon(listener: Listener, raw: RawRequest, query_id: str) -> Request:
    """Parse an operator's request, to learn which pool it belongs to."""
    if raw.statement_bytes < _SHORT_BYTES:
        return parse(raw, query_id)
    return await listener.offload(lambda: parse(raw, query_id))


def _settings(listener: Listener, request: Request) -> dict[str, str]:
    own = {"log_comment": request.query_tag}
    if listener.analysts:
        # The policy has admitted them: a limit of ours is chosen lower or not at all.
        limits = dict(listener.limits.settings)
        last = {"readonly": limits.pop("readonly")}
        return limits | dict(request.settings) | own | last
    forced = {"async_insert": "0"} | ({"readonly": "2"} if request.read_only else {})
    return listener.limits.settings | dict(request.settings) | own | forced


async def _fail(query_id: str, response: Response, error: QueryError) -> None:
    log.info("query_failed", code=error.code, query_id=query_id)
    if not response.begun:
        await response.fail(error)
        return
    # Who does not read the response does not read its end either.
    with suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await response.break_off(error)


def _kill_result(
    parsed: Callable[[], Request], victim: str, *, found: bool
) -> Callable[[], Request]:
    """The query that answers a `KILL QUERY` as a server does."""
    sql = (
        f"SELECT 'finished' AS kill_status, {quote(victim)} AS query_id, 'default' AS user,"
        f" '' AS query WHERE {found:d}"
    )

    def answer() -> Request:
        request = parsed()
        form = statement.last_format(request.sql) or request.format
        return replace(request, sql=sql.encode(), format=form, database="", settings={})

    return answer


def _together(pieces: Generator[bytes, None, None], limit: int) -> bytes:
    """The first pieces as one: all of them, or the first few that are longer than the limit."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > limit:
            break
    return bytes(held)


def _ended(pieces: Generator[bytes, None, None]) -> bool:
    return getgeneratorstate(pieces) == GEN_CLOSED


async def _completed(work: asyncio.Future[T]) -> T:
    """The result of work on a thread; if the request is cancelled meanwhile, after its end."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        work.exception()  # nobody waits for it
        raise


async def _complete(work: Coroutine[Any, Any, None]) -> None:
    """Run this to its end, however often the request is cancelled meanwhile."""
    task = asyncio.create_task(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()
