"""Writing batches: as often as it takes, the same rows each time."""

import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.insert import InsertContext
from tenacity import RetryCallState, retry, retry_if_exception_type, wait_exponential_jitter

from infra.clickhouse.client import UNAVAILABLE
from infra.service.metrics import SINK_INSERT, SINK_RETRIES, SINK_ROWS
from operators.core.clock import Clock
from pipelines.sink.batch import Insert
from pipelines.sink.cuts import Cut
from schemas.topics import TopicPartition

SIDE_BY_SIDE: Final = 3
"""Tables that are written at the same time: an insert keeps one core busy."""

_SETTINGS: Final = {
    "async_insert": 0,
    "date_time_input_format": "best_effort",
    # Other tables are written at the same time: one thread for each costs less than two.
    "input_format_parallel_parsing": 0,
    # Except for ballots, a batch has one row per key already; merges and FINAL see to ballots.
    "optimize_on_insert": 0,
}

log = structlog.get_logger()


def _say(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    SINK_RETRIES.inc()
    log.warning("clickhouse_unavailable", attempt=state.attempt_number, error=type(error).__name__)
    # What failed may hold a copy of its rows in a cycle, and this process seldom searches.
    gc.collect()


# Without an end: the sink holds its batch, reads nothing more, and goes on when it can.
_until_it_answers = retry(
    retry=retry_if_exception_type(UNAVAILABLE),
    wait=wait_exponential_jitter(multiplier=0.2, max=5.0),
    before_sleep=_say,
)


class Writer:
    """Inserts rows. Each insert may be repeated: the tables' versions make it harmless."""

    def __init__(self, clickhouse: Client, clock: Clock) -> None:
        self._clickhouse = clickhouse
        self._clock = clock
        self._contexts: dict[str, InsertContext] = {}
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
        self._clickhouse.raw_insert(
            insert.table,
            insert_block=insert.lines,
            fmt="JSONEachRow",
            settings=_SETTINGS,
        )

    @_until_it_answers
    def positions(
        self,
        stages: dict[str, dict[TopicPartition, int]],
        *,
        offset_gaps: dict[TopicPartition, int] | None = None,
        newest_ms: dict[TopicPartition, int] | None = None,
    ) -> None:
        """Record how far stages are, all at once; a smaller offset than noted changes nothing.

        Args:
            stages: Next offset per partition, by name of the stage.
            offset_gaps: Offsets without a message, of the stage intake.
            newest_ms: Broker time of the newest record written, of the stage done.
        """
        now = self._now()
        rows = [
            [
                stage,
                *place,
                offset,
                (offset_gaps or {}).get(place, 0) if stage == "intake" else 0,
                (newest_ms or {}).get(place, 0) if stage == "done" else 0,
                now,
            ]
            for stage, offsets in stages.items()
            for place, offset in offsets.items()
        ]
        if rows:
            self._insert_rows(
                "positions",
                [
                    "stage",
                    "topic",
                    "partition",
                    "next_offset",
                    "offset_gaps",
                    "newest_ms",
                    "written_at",
                ],
                rows,
            )

    @_until_it_answers
    def cut(self, cut: Cut) -> None:
        """Record a consistent cut."""
        positions = {f"{topic}/{p}": offset for (topic, p), offset in cut.positions.items()}
        self._insert_rows(
            "cuts",
            ["epoch", "counted", "positions", "quiescent", "as_of", "number", "written_at"],
            [
                [
                    cut.epoch,
                    cut.counted,
                    positions,
                    int(cut.quiescent),
                    cut.as_of_ms,
                    sum(cut.positions.values()),
                    self._now(),
                ]
            ],
        )

    @_until_it_answers
    def activate(self, epoch: int) -> None:
        """Show another count from now on."""
        self._insert_rows("epochs", ["epoch", "active_since"], [[epoch, self._now()]])
        log.info("epoch_activated", epoch=epoch)

    @_until_it_answers
    def forget_before(self, epoch: int) -> None:
        """Remove the rows of former counts."""
        for table in ("tallies", "windows", "progress", "cuts"):
            former = f"tutti.{table} WHERE epoch < {epoch:d}"
            if self._clickhouse.query(f"SELECT 1 FROM {former} LIMIT 1").result_rows:
                self._clickhouse.command(f"DELETE FROM {former}")
                log.info("former_rows_removed", table=table, before_epoch=epoch)

    def _now(self) -> int:
        return self._clock()

    def _insert_rows(self, table: str, columns: list[str], rows: list[list[object]]) -> None:
        if table not in self._contexts:  # it holds the columns' types: they are asked for once
            self._contexts[table] = self._clickhouse.create_insert_context(
                table, columns, database="tutti"
            )
        self._clickhouse.insert(data=rows, context=self._contexts[table])
