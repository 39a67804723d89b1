"""Task `history_snapshots`: the whole count is written into the history again now and then.

A board of then needs the newest row of every cell, however old; without snapshots a long
consultation would be read from its start. A snapshot repeats every cell, with its version, in one
minute: to the history that is a repeated batch, which changes no answer. It is recorded when it is
whole.
"""

from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.history import growth, newest_snapshot, write_snapshot
from infra.clickhouse.state import active_epoch
from pipelines.periodic.scheduler import MINUTE_MS

TASK: Final = "history_snapshots"
EVERY_MINUTES: Final = 60
LATE_MINUTES: Final = 60
"""A snapshot is of this long ago: whatever was to be written into its minute is there by then."""
MIN_ROWS: Final = 1_000_000
"""Fewer rows are quick to read."""
ROWS_PER_CELL: Final = 2
"""A snapshot is due when there are this many rows for each cell, so it adds half to the history."""


def take_snapshot(clickhouse: Client, tick_ms: int, min_rows: int = MIN_ROWS) -> None:
    """Write a snapshot of the active epoch, if enough has been written since the last."""
    tick = tick_ms // MINUTE_MS
    if tick % EVERY_MINUTES:
        return
    epoch, minute = active_epoch(clickhouse), tick - LATE_MINUTES
    last = newest_snapshot(clickhouse, epoch)
    rows, cells = growth(clickhouse, epoch, last, minute)
    if rows >= max(min_rows, ROWS_PER_CELL * cells):
        write_snapshot(clickhouse, epoch, last, minute)
