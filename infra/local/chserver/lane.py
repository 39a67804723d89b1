"""A lane of requests: some run, some wait, the next is refused.

Inserts, operators' queries and analysts' queries have lanes and threads of their own, so that none
waits behind another kind.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from infra.local.chserver.errors import TOO_MANY_QUERIES, refusal

T = TypeVar("T")


class Lane:
    """Bounded concurrency with bounded waiting.

    Args:
        name: names the threads.
        running: requests at the same time.
        waiting: requests that may wait.
    """

    def __init__(self, name: str, running: int, waiting: int) -> None:
        self.name = name
        self._threads = ThreadPoolExecutor(running, thread_name_prefix=name)
        self._turn = asyncio.Semaphore(running)
        self._free = running + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place and hold it.

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
            async with self._turn:
                yield
        finally:
            self._free += 1

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run blocking work on one of the lane's threads."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)
