"""A query pool: some requests run, some wait, the next one is refused.

Inserts, operators' queries and analysts' queries have pools with threads of their own, so that
none waits behind another kind.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from infra.chdb_http.errors import TOO_MANY_QUERIES, refusal

T = TypeVar("T")


class QueryPool:
    """Bounded concurrency with a bounded queue.

    Args:
        name: names the threads, and the pool in metrics.
        running: requests at the same time.
        waiting: requests that may wait.
    """

    def __init__(self, name: str, running: int, waiting: int) -> None:
        self.name = name
        self._threads = ThreadPoolExecutor(running, thread_name_prefix=name)
        self._running = asyncio.Semaphore(running)
        self._free = running + waiting

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a slot and hold it.

        Raises:
            QueryError: too many wait already.
        """
        if self._free == 0:
            raise refusal(
                TOO_MANY_QUERIES,
                "Too many queries wait already; try again later",
                "TOO_MANY_SIMULTANEOUS_QUERIES",
            )
        self._free -= 1
        try:
            async with self._running:
                yield
        finally:
            self._free += 1

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run blocking work on one of the pool's threads."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)
