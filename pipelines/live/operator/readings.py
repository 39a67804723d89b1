"""What is read for the page, once for all who look at it, and how often.

Each reading has a pace, and rests for a multiple of the time that it took, so that looking on costs
counting a bounded share of the machine, however large a consultation is. Nothing is read while
nobody looks. Readings of one queue come one after the other: a slow one holds up no fast one.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import structlog

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError
from infra.service.metrics import LIVE_READS
from operators.core.clock import Clock, cooled_down_ms, system_clock
from operators.core.errors import TuttiError

Queue = Literal["votes", "tables", "ballots", "machine"]
QUEUES: Final[tuple[Queue, ...]] = ("votes", "tables", "ballots", "machine")

MIN_GAP_MS: Final = 500
"""Viewers are told of something new twice a second at most."""
FRESH_MS: Final = 2_000
"""A page whose votes are not older is made at once."""
WATCHED_MS: Final = 15_000
"""Who loaded the page so lately looks at it, with an event stream or without."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PacedReading:
    """One thing to read.

    Attributes:
        name: As the page's sections call it.
        read: Reads it, in a thread of its queue.
        pace_s: It is read this often at most.
        rest: It rests so many times as long as it took.
        queue: With which others it takes turns.
    """

    name: str
    read: Callable[[], Any]
    pace_s: float
    rest: int
    queue: Queue


@dataclass(slots=True)
class LastRead:
    """What was read last.

    Attributes:
        value: None: nothing yet.
        at: When; None: nothing yet.
        took_ms: How long that took.
        failed: The last try failed: the value is from before.
        next_ms: When it is read again at the earliest.
        task: The reading that runs.
    """

    value: Any = None
    at: datetime | None = None
    took_ms: int = 0
    failed: bool = False
    next_ms: int = 0
    task: "asyncio.Task[None] | None" = None


@dataclass(slots=True)
class Readings:
    """All readings, as they are now.

    Args:
        plans: What is read.
        clock: This machine's.
    """

    plans: Sequence[PacedReading]
    clock: Clock = system_clock
    version: int = 0
    viewers: int = 0
    found: dict[str, LastRead] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _queues: dict[Queue, ThreadPoolExecutor] = field(default_factory=dict)
    _asked_ms: int = -WATCHED_MS
    _told_ms: int = 0
    _telling: bool = False

    def __post_init__(self) -> None:
        self.found = {plan.name: LastRead() for plan in self.plans}
        self._queues = {queue: ThreadPoolExecutor(1, f"operator-{queue}") for queue in QUEUES}

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return self.viewers > 0 or self.clock() - self._asked_ms < WATCHED_MS

    def value(self, name: str) -> Any:
        """What was read last; None if nothing was."""
        return self.found[name].value

    def tick(self) -> None:
        """Begin the readings whose time has come, if anybody looks; call it often."""
        if self.watched:
            self._begin()

    async def look(self, patience_s: float) -> None:
        """Somebody asks for the page: have it read, and wait a little for what is worth it."""
        self._asked_ms = self.clock()
        self._begin()
        waited = {
            read.task
            for plan in self.plans
            if (read := self.found[plan.name]).task is not None and self._worth_waiting(plan, read)
        }
        if waited:
            await asyncio.wait(waited, timeout=patience_s)

    def _worth_waiting(self, plan: PacedReading, read: LastRead) -> bool:
        """What was never read, and votes unless they were read just now."""
        if read.at is None:
            return True
        age_ms = self.clock() - read.at.timestamp() * 1000
        return plan.queue == "votes" and age_ms > FRESH_MS

    def _begin(self) -> None:
        now = self.clock()
        for plan in self.plans:
            read = self.found[plan.name]
            if read.task is None and now >= read.next_ms:
                read.task = asyncio.create_task(self._read(plan, read))

    async def _read(self, plan: PacedReading, read: LastRead) -> None:
        loop = asyncio.get_running_loop()
        LIVE_READS.inc()
        began = ended = self.clock()
        try:
            began, ended, read.value = await loop.run_in_executor(
                self._queues[plan.queue], self._timed, plan
            )
            read.at, read.failed = datetime.fromtimestamp(ended / 1000, UTC), False
        except (*ERRORS, ClickHouseUnavailableError, TuttiError, OSError) as error:
            if not read.failed:
                log.warning(
                    "operator_reading_failed", reading=plan.name, error=type(error).__name__
                )
            read.failed = True
            ended = self.clock()
        finally:
            read.task, read.took_ms = None, ended - began
            due_ms = began + int(plan.pace_s * 1000)
            read.next_ms = max(due_ms, cooled_down_ms(began, ended, plan.rest))
            self._tell()

    def _timed(self, plan: PacedReading) -> tuple[int, int, Any]:
        began = self.clock()
        value = plan.read()
        return began, self.clock(), value

    def _tell(self) -> None:
        """Wake the viewers, now or when the gap is over."""
        self.version += 1
        if self._telling:
            return
        self._telling = True
        gap_s = max(0, self._told_ms + MIN_GAP_MS - self.clock()) / 1000
        asyncio.get_running_loop().call_later(min(gap_s, 1.0), self._told)

    def _told(self) -> None:
        self._telling, self._told_ms = False, self.clock()
        self.changed.set()
        self.changed = asyncio.Event()

    def close(self) -> None:
        """Read nothing more."""
        for queue in self._queues.values():
            queue.shutdown(wait=False, cancel_futures=True)
