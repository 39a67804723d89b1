"""Step `held`: the lower bounds that `stable_rank` orders by, one INSERT for each minute mark.

A function of the history alone: marks that passed while nothing ran are caught up one after the
other, and a mark that is worked on twice writes the same rows twice.
"""

from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from operators.core.scores import agreement, stable_rank
from pipelines.periodic.scheduler import MINUTE_MS

STEP: Final = "held"
LATE_MINUTES: Final = 1
"""Cells of this many minutes before are looked at again: an insert may have taken long."""

_MARKS: Final = """
SELECT DISTINCT toUInt32(minute + 1) AS mark FROM tutti.tallies_history
WHERE minute >= {done:UInt32} AND minute < {mark:UInt32}
UNION DISTINCT
SELECT toUInt32(intDiv(toUnixTimestamp64Milli(active_since) + 59999, 60000)) AS mark
FROM tutti.epochs
WHERE mark > {done:UInt32} AND mark < {mark:UInt32}
UNION DISTINCT
SELECT {mark:UInt32} AS mark
"""
"""Scheduler at which what is shown may have changed; the newest in any case."""

_HOLD: Final = f"""
INSERT INTO tutti.held_history (consultation_id, proposal_id, minute, agree_low)
WITH
(SELECT epoch FROM tutti.active_epoch_at(at = {{at:DateTime64(3, 'UTC')}})) AS shown,
(SELECT epoch FROM tutti.active_epoch_at(at = {{before:DateTime64(3, 'UTC')}})) AS shown_before,
-- When another count is shown, every proposal may have changed.
changed AS (
    SELECT DISTINCT consultation_id, proposal_id
    FROM tutti.tallies_history
    WHERE minute < {{mark:UInt32}} AND if(
        shown = shown_before,
        epoch = shown AND minute >= {{mark:UInt32}} - 1 - {LATE_MINUTES},
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
    FROM tutti.held_history AS history
    WHERE history.minute < {{mark:UInt32}}
    GROUP BY consultation_id, proposal_id
)
SELECT present.consultation_id, present.proposal_id, {{mark:UInt32}}, present.low
FROM present LEFT JOIN former USING (consultation_id, proposal_id)
WHERE {stable_rank.REPLACED_SQL.format(held="former.low", now="present.low")}
"""


def stabilise_ranks(clickhouse: Client, tick_ms: int) -> None:
    """Write the values held from this mark on, and from those missed before it."""
    done = scalar(clickhouse, f"SELECT max(minute) FROM tutti.minute_marks WHERE step = '{STEP}'")
    newest = tick_ms // MINUTE_MS
    marks = clickhouse.query(_MARKS, parameters={"done": done, "mark": newest}).result_rows
    for mark in sorted(int(row[0]) for row in marks):
        moments = {"at": _moment(mark), "before": _moment(mark - 1)}
        clickhouse.command(_HOLD, parameters={"mark": mark, **moments})
    clickhouse.insert(
        "minute_marks", [[STEP, newest]], column_names=["step", "minute"], database="tutti"
    )


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
