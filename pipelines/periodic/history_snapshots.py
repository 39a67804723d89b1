"""Task `history_snapshots`: the whole count is written into the history again now and then.

A board of then needs the newest row of every cell, however old; without snapshots a long
consultation would be read from its start. A snapshot repeats every cell, with its version, in one
minute: to the history that is a repeated batch, which changes no answer. It is recorded when it is
whole.
"""

from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from operators.core.votes.tally import COUNTERS
from pipelines.periodic.scheduler import MINUTE_MS

TASK: Final = "history_snapshots"
EVERY_MINUTES: Final = 60
LATE_MINUTES: Final = 60
"""A snapshot is of this long ago: whatever was to be written into its minute is there by then."""
MIN_ROWS: Final = 1_000_000
"""Fewer rows are quick to read."""
ROWS_PER_CELL: Final = 2
"""A snapshot is due when there are this many rows for each cell, so it adds half to the history."""

_TAKE: Final = f"""
INSERT INTO tutti.tallies_history
(epoch, consultation_id, proposal_id, country, trust, {", ".join(COUNTERS)}, minute, version,
    is_deleted)
SELECT
    epoch, consultation_id, proposal_id, country, trust,
    {", ".join(f"argMax(history.{name}, history.version)" for name in COUNTERS)},
    {{base:UInt32}}, max(history.version), argMax(history.is_deleted, history.version)
FROM tutti.tallies_history AS history
WHERE epoch = {{epoch:UInt32}} AND minute >= {{from:UInt32}} AND minute <= {{base:UInt32}}
GROUP BY epoch, consultation_id, proposal_id, country, trust
"""


def take_snapshot(clickhouse: Client, tick_ms: int, min_rows: int = MIN_ROWS) -> None:
    """Write a snapshot of the active epoch, if enough has been written since the last."""
    tick = tick_ms // MINUTE_MS
    if tick % EVERY_MINUTES:
        return
    epoch = scalar(clickhouse, "SELECT max(epoch) FROM tutti.epochs")
    newest = "SELECT max(minute) FROM tutti.history_snapshots WHERE epoch = {epoch:UInt32}"
    known: dict[str, Any] = {"epoch": epoch, "base": tick - LATE_MINUTES}
    [(known["from"],)] = clickhouse.query(newest, parameters=known).result_rows
    [(rows, cells)] = clickhouse.query(
        "SELECT count(), (SELECT count() FROM tutti.tallies WHERE epoch = {epoch:UInt32})"
        " FROM tutti.tallies_history WHERE epoch = {epoch:UInt32} AND minute > {from:UInt32}"
        " AND minute <= {base:UInt32}",
        parameters=known,
    ).result_rows
    if rows < max(min_rows, ROWS_PER_CELL * cells):
        return
    clickhouse.command(_TAKE, parameters=known)
    clickhouse.insert(
        "history_snapshots",
        [[epoch, known["base"]]],
        column_names=["epoch", "minute"],
        database="tutti",
    )
