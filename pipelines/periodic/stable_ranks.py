"""Task `stable_ranks`: the lower bounds that `stable_rank` orders by, one INSERT for each tick.

A function of the history alone: ticks that passed while nothing ran are caught up one after the
other, and a tick that is worked on twice writes the same rows twice.
"""

from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from operators.core.scores import agreement, stable_rank
from pipelines.periodic.scheduler import MINUTE_MS

TASK: Final = "stable_ranks"
LATE_MINUTES: Final = 1
"""Cells of this many minutes before are looked at again: an insert may have taken long."""

_TICKS: Final = """
SELECT DISTINCT toUInt32(minute + 1) AS tick FROM tutti.tallies_history
WHERE minute >= {done:UInt32} AND minute < {tick:UInt32}
UNION DISTINCT
SELECT toUInt32(intDiv(toUnixTimestamp64Milli(active_since) + 59999, 60000)) AS tick
FROM tutti.epochs
WHERE tick > {done:UInt32} AND tick < {tick:UInt32}
UNION DISTINCT
SELECT {tick:UInt32} AS tick
"""
"""Ticks at which what is shown may have changed; the newest in any case."""

_STABILISE: Final = f"""
INSERT INTO tutti.stable_rank_history (consultation_id, proposal_id, minute, agree_low)
WITH
(SELECT epoch FROM tutti.active_epoch_at(at = {{at:DateTime64(3, 'UTC')}})) AS shown,
(SELECT epoch FROM tutti.active_epoch_at(at = {{before:DateTime64(3, 'UTC')}})) AS shown_before,
-- When another count is shown, every proposal may have changed.
changed AS (
    SELECT DISTINCT consultation_id, proposal_id
    FROM tutti.tallies_history
    WHERE minute < {{tick:UInt32}} AND if(
        shown = shown_before,
        epoch = shown AND minute >= {{tick:UInt32}} - 1 - {LATE_MINUTES},
        epoch IN (shown, shown_before)
    )
),
counts AS (
    SELECT
        consultation_id, proposal_id,
        sumIf(cells.agree, cells.trust != 'troll') AS agree,
        sumIf(cells.agree + cells.disagree + cells.neutral, cells.trust != 'troll') AS votes
    FROM tutti.cells_at(at = {{at:DateTime64(3, 'UTC')}}) AS cells
    WHERE (consultation_id, proposal_id) IN (SELECT consultation_id, proposal_id FROM changed)
    GROUP BY consultation_id, proposal_id
),
present AS (
    SELECT
        changed.consultation_id AS consultation_id, changed.proposal_id AS proposal_id,
        {agreement.LOW_SQL.format(agree="counts.agree", total="counts.votes")} AS low
    FROM changed LEFT JOIN counts USING (consultation_id, proposal_id)
),
former AS (
    SELECT
        consultation_id, proposal_id,
        toNullable(argMax(history.agree_low, history.minute)) AS low
    FROM tutti.stable_rank_history AS history
    WHERE history.minute < {{tick:UInt32}}
    GROUP BY consultation_id, proposal_id
)
SELECT present.consultation_id, present.proposal_id, {{tick:UInt32}}, present.low
FROM present LEFT JOIN former USING (consultation_id, proposal_id)
WHERE {stable_rank.REPLACED_SQL.format(kept="former.low", now="present.low")}
"""


def stabilise_ranks(clickhouse: Client, tick_ms: int) -> None:
    """Write the values kept from this tick on, and from those missed before it."""
    done = scalar(clickhouse, f"SELECT max(minute) FROM tutti.periodic_ticks WHERE task = '{TASK}'")
    newest = tick_ms // MINUTE_MS
    ticks = clickhouse.query(_TICKS, parameters={"done": done, "tick": newest}).result_rows
    for tick in sorted(int(row[0]) for row in ticks):
        moments = {"at": _moment(tick), "before": _moment(tick - 1)}
        clickhouse.command(_STABILISE, parameters={"tick": tick, **moments})
    clickhouse.insert(
        "periodic_ticks", [[TASK, newest]], column_names=["task", "minute"], database="tutti"
    )


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
