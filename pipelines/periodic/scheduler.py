"""Ticks: which one is due, and the tasks in their order; none stops another or counting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client

from infra.clickhouse import state
from infra.clickhouse.client import UNAVAILABLE
from infra.service.periodic_metrics import (
    PERIODIC_FAILED,
    PERIODIC_MISSED,
    PERIODIC_SKIPPED,
    PERIODIC_TASK,
    PERIODIC_TICK,
)
from operators.core.clock import Clock, cooled_down_ms, monotonic_ms

MINUTE_MS: Final = 60_000
SETTLE_MS: Final = 5_000
"""A tick is worked on this long after it: an insert that had begun before it is over by then."""
COOLDOWN_PER_RUN: Final = 19
"""A task cools down for so many times as long as it took, so that it uses a twentieth of the time
at most, however large a consultation is: ClickHouse works for it at the priority of counting."""
PATIENCE_MS: Final = 600_000
"""The longest that a task waits for counting to catch up."""
LAGGING_S: Final = 20
"""Counting is behind when the newest vote counted is older, and others wait."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that is done at each tick.

    Attributes:
        name: As logs and metrics call it.
        run: Takes ClickHouse and the tick, ms since 1970, a whole minute. It may be called twice
            for one tick, be killed anywhere, and not be called for ticks that passed while
            nothing ran or it rested: what depends on those, it catches up itself.
        waits: Whether it waits while counting is behind, `PATIENCE_MS` at most.
    """

    name: str
    run: Callable[[Client, int], None]
    waits: bool = False


def counting_lags(clickhouse: Client) -> bool:
    """Whether votes wait for more than `LAGGING_S` to be counted."""
    return state.counting_lags(clickhouse, LAGGING_S)


class Scheduler:
    """Runs the tasks once for the newest tick that has passed.

    Attributes:
        newest_ms: The tick worked on last; None before the first.
    """

    def __init__(
        self,
        tasks: tuple[Task, ...],
        connect: Callable[[], Client],
        clock: Clock,
        stopwatch: Clock = monotonic_ms,
        lags: Callable[[Client], bool] = counting_lags,
    ) -> None:
        self._tasks, self._connect, self._clock = tasks, connect, clock
        self._stopwatch, self._lags = stopwatch, lags
        self._cooldown_until_ms = dict.fromkeys((task.name for task in tasks), 0)
        self._ran_ms = dict.fromkeys(self._cooldown_until_ms, stopwatch())
        self.newest_ms: int | None = None
        for task in tasks:  # there from the start, so that nothing is no mystery
            PERIODIC_TASK.labels(task.name)
            PERIODIC_FAILED.labels(task.name)
            PERIODIC_SKIPPED.labels(task.name)

    def step(self) -> bool:
        """Work on the newest tick unless that is done; returns whether there was one."""
        tick_ms = (self._clock() - SETTLE_MS) // MINUTE_MS * MINUTE_MS
        if self.newest_ms is not None:
            if tick_ms <= self.newest_ms:
                return False
            self._record_missed((tick_ms - self.newest_ms) // MINUTE_MS - 1)
        self.newest_ms = tick_ms
        clickhouse = self._connect()
        for task in self._tasks:
            began_ms = self._stopwatch()
            if began_ms < self._cooldown_until_ms[task.name]:
                PERIODIC_SKIPPED.labels(task.name).inc()
                continue
            patient = task.waits and began_ms - self._ran_ms[task.name] < PATIENCE_MS
            try:
                if patient and self._lags(clickhouse):
                    PERIODIC_SKIPPED.labels(task.name).inc()
                    continue
                self._ran_ms[task.name] = began_ms
                with PERIODIC_TASK.labels(task.name).time():
                    task.run(clickhouse, tick_ms)
            except Exception as error:  # noqa: BLE001 - one task never stops another
                PERIODIC_FAILED.labels(task.name).inc()
                log.warning("task_failed", task=task.name, tick_ms=tick_ms, error=repr(error)[:500])
                if isinstance(error, UNAVAILABLE):
                    clickhouse = self._connect()
            self._cooldown_until_ms[task.name] = cooled_down_ms(
                began_ms, self._stopwatch(), COOLDOWN_PER_RUN
            )
        PERIODIC_TICK.set(tick_ms / 1000)
        return True

    @staticmethod
    def _record_missed(ticks: int) -> None:
        if ticks:
            PERIODIC_MISSED.inc(ticks)
            log.warning("ticks_missed", ticks=ticks)
