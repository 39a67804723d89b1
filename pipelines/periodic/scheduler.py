"""Minute marks: which one is due, and the steps in their order; none stops another or counting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import UNAVAILABLE, scalar
from infra.service.metrics import (
    PERIODIC_FAILED,
    PERIODIC_TICK,
    PERIODIC_MISSED,
    PERIODIC_SKIPPED,
    PERIODIC_TASK,
)
from operators.core.clock import Clock, monotonic_ms, cooled_down_ms

MINUTE_MS: Final = 60_000
SETTLE_MS: Final = 5_000
"""A mark is worked on this long after it: an insert that had begun before it is over by then."""
REST: Final = 19
"""A step that took some time rests so many times as long, so that a twentieth of the time is its at
most, however large a consultation: ClickHouse works for it at the priority of counting."""
PATIENCE_MS: Final = 600_000
"""The longest that a step waits for counting to catch up."""
LAGGING_S: Final = 20
"""Counting is behind when the newest vote counted is older, and others wait."""

_BEHIND: Final = (
    "SELECT count() FROM tutti.active_cut"
    f" WHERE NOT quiescent AND as_of < now64(3) - INTERVAL {LAGGING_S} SECOND"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done at each mark.

    Attributes:
        name: As logs and metrics call it.
        run: Takes ClickHouse and the mark, ms since 1970, a whole minute. It may be called twice
            for one mark, be killed anywhere, and not be called for marks that passed while
            nothing ran or it rested: what depends on those, it catches up itself.
        waits: Whether it waits while counting is behind, `PATIENCE_MS` at most.
    """

    name: str
    run: Callable[[Client, int], None]
    waits: bool = False


def counting_lags(clickhouse: Client) -> bool:
    """Whether votes wait for more than `LAGGING_S` to be counted."""
    return bool(scalar(clickhouse, _BEHIND))


class Scheduler:
    """Runs the steps once for the newest mark that has passed.

    Attributes:
        newest_ms: The mark worked on last; None before the first.
        since_ms: When the work on it began, by the clock; None: nothing runs.
    """

    def __init__(
        self,
        steps: tuple[Step, ...],
        connect: Callable[[], Client],
        clock: Clock,
        stopwatch: Clock = monotonic_ms,
        behind: Callable[[Client], bool] = counting_lags,
    ) -> None:
        self._steps, self._connect, self._clock = steps, connect, clock
        self._stopwatch, self._behind = stopwatch, behind
        self._rests_until_ms = dict.fromkeys((step.name for step in steps), 0)
        self._ran_ms = dict.fromkeys(self._rests_until_ms, stopwatch())
        self.newest_ms: int | None = None
        self.since_ms: int | None = None
        for step in steps:  # there from the start, so that nothing is no mystery
            PERIODIC_TASK.labels(step.name)
            PERIODIC_FAILED.labels(step.name)
            PERIODIC_SKIPPED.labels(step.name)

    def step(self) -> bool:
        """Work on the newest mark unless that is done; returns whether there was one."""
        now_ms = self._clock()
        tick_ms = (now_ms - SETTLE_MS) // MINUTE_MS * MINUTE_MS
        if self.newest_ms is not None:
            if tick_ms <= self.newest_ms:
                return False
            self._record_missed((tick_ms - self.newest_ms) // MINUTE_MS - 1)
        self.newest_ms, self.since_ms = tick_ms, now_ms
        clickhouse = self._connect()
        for step in self._steps:
            began_ms = self._stopwatch()
            if began_ms < self._rests_until_ms[step.name]:
                PERIODIC_SKIPPED.labels(step.name).inc()
                continue
            patient = step.waits and began_ms - self._ran_ms[step.name] < PATIENCE_MS
            try:
                if patient and self._behind(clickhouse):
                    PERIODIC_SKIPPED.labels(step.name).inc()
                    continue
                self._ran_ms[step.name] = began_ms
                with PERIODIC_TASK.labels(step.name).time():
                    step.run(clickhouse, tick_ms)
            except Exception as error:  # noqa: BLE001 - one step never stops another
                PERIODIC_FAILED.labels(step.name).inc()
                log.warning("step_failed", step=step.name, tick_ms=tick_ms, error=repr(error)[:500])
                if isinstance(error, UNAVAILABLE):
                    clickhouse = self._connect()
            self._rests_until_ms[step.name] = cooled_down_ms(began_ms, self._stopwatch(), REST)
        PERIODIC_TICK.set(tick_ms / 1000)
        self.since_ms = None
        return True

    @staticmethod
    def _record_missed(marks: int) -> None:
        if marks:
            PERIODIC_MISSED.inc(marks)
            log.warning("ticks_missed", marks=marks)
