"""Writing batches: as often as it takes, the same rows each time."""

import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client
from tenacity import RetryCallState, retry, retry_if_exception, wait_exponential_jitter

from infra.clickhouse.client import is_unavailable
from infra.clickhouse.state import Offsets, StateWriter
from infra.clickhouse.tables import insert_lines
from infra.service.metrics import SINK_INSERT, SINK_RETRIES, SINK_ROWS
from operators.core.clock import Clock
from pipelines.sink.batch import Insert
from pipelines.sink.cuts import Cut

SIDE_BY_SIDE: Final = 3
"""Tables that are written at the same time: an insert keeps one core busy."""

log = structlog.get_logger()


def _say(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    SINK_RETRIES.inc()
    log.warning("clickhouse_unavailable", attempt=state.attempt_number, error=type(error).__name__)
    # What failed may hold a copy of its rows in a cycle, and this process seldom searches.
    gc.collect()


# Without an end: the sink holds its batch, reads nothing more, and goes on when it can.
_until_it_answers = retry(
    retry=retry_if_exception(is_unavailable),
    wait=wait_exponential_jitter(multiplier=0.2, max=5.0),
    before_sleep=_say,
)


class Writer:
    """Inserts rows. Each insert may be repeated: the tables' versions make it harmless."""

    def __init__(self, clickhouse: Client, clock: Clock) -> None:
        self._clickhouse = clickhouse
        self._clock = clock
        self._state = StateWriter(clickhouse)
        self._threads = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="insert")

    def insert(self, inserts: list[Insert]) -> None:
        """Insert the rows of each table; returns when all are there."""
        for _ in self._threads.map(self._insert, inserts):
            pass

    def _insert(self, insert: Insert) -> None:
        with SINK_INSERT.labels(insert.table).time():
            self._insert_lines(insert)
        SINK_ROWS.labels(insert.table).inc(insert.rows)

    @_until_it_answers
    def _insert_lines(self, insert: Insert) -> None:
        insert_lines(self._clickhouse, insert.table, insert.lines)

    @_until_it_answers
    def positions(
        self,
        stages: dict[str, Offsets],
        *,
        offset_gaps: Offsets | None = None,
        newest_ms: Offsets | None = None,
    ) -> None:
        """Record how far stages are: see `StateWriter.positions`."""
        self._state.positions(
            stages, offset_gaps=offset_gaps, newest_ms=newest_ms, now_ms=self._clock()
        )

    @_until_it_answers
    def cut(self, cut: Cut) -> None:
        """Record a consistent cut."""
        self._state.cut(
            cut.epoch,
            cut.counted,
            cut.positions,
            quiescent=cut.quiescent,
            as_of_ms=cut.as_of_ms,
            now_ms=self._clock(),
        )

    @_until_it_answers
    def activate(self, epoch: int) -> None:
        """Show another count from now on."""
        self._state.activate(epoch, self._clock())
        log.info("epoch_activated", epoch=epoch)

    @_until_it_answers
    def forget_before(self, epoch: int) -> None:
        """Remove the rows of former counts."""
        for table in self._state.forget_before(epoch):
            log.info("former_rows_removed", table=table, before_epoch=epoch)
