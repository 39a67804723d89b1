"""One of the server's two ports: what its clients may use."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from infra.chdb_http.body import BodyMemory
from infra.chdb_http.credentials import Credentials
from infra.chdb_http.limits import Limits
from infra.chdb_http.policy.policy import Policy
from infra.chdb_http.query_pool import QueryPool
from infra.chdb_http.query_registry import QueryRegistry

T = TypeVar("T")
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Listener:
    """A port.

    Attributes:
        limits: of one request.
        pool: runs its queries.
        memory: for all bodies together.
        policy: admits statements.
        analysts: whether it only reads what is published; it then checks nothing, not even what
            kind of statement it has, before the statement has a slot of the pool.
        seconds: time for one request, sending the response included; None: any.
        credentials: whom it lets in; None: everybody.
        registry: its queries, running or waiting.
        threads: compress, decompress and parse; those of one port do not wait for the other's.
    """

    limits: Limits
    pool: QueryPool
    memory: BodyMemory
    policy: Policy
    analysts: bool = False
    seconds: float | None = None
    credentials: Credentials | None = None
    registry: QueryRegistry = field(default_factory=QueryRegistry)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS))

    def offload(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run work on bytes on a thread of this port, so that other requests get their turn."""
        return asyncio.get_running_loop().run_in_executor(self.threads, work)
