"""Task `stable_ranks`: the lower bounds that `stable_rank` orders by, one INSERT for each tick.

A function of the history alone: ticks that passed while nothing ran are caught up one after the
other, and a tick that is worked on twice writes the same rows twice.
"""

from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.stable_ranks import (
    changed_ticks,
    newest_tick,
    record_tick,
    write_stable_ranks,
)
from pipelines.periodic.scheduler import MINUTE_MS

TASK: Final = "stable_ranks"
LATE_MINUTES: Final = 1
"""Cells of this many minutes before are looked at again: an insert may have taken long."""


def stabilise_ranks(clickhouse: Client, tick_ms: int) -> None:
    """Write the values kept from this tick on, and from those missed before it."""
    newest = tick_ms // MINUTE_MS
    for tick in changed_ticks(clickhouse, newest_tick(clickhouse, TASK), newest):
        write_stable_ranks(clickhouse, tick, LATE_MINUTES)
    record_tick(clickhouse, TASK, newest)
