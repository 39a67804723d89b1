"""The history of stable ranks: which ticks are due, and the rows of one tick."""

from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.tables import insert_rows
from operators.core.scores import agreement, stable_rank

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
        epoch = shown AND minute >= {{tick:UInt32}} - 1 - {{late:UInt32}},
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


def newest_tick(clickhouse: Client, task: str) -> int:
    """The tick up to which a task has done everything, minutes since 1970; 0: none."""
    [(minute,)] = clickhouse.query(
        "SELECT max(minute) FROM tutti.periodic_ticks WHERE task = {task:String}",
        parameters={"task": task},
    ).result_rows
    return int(minute)


def record_tick(clickhouse: Client, task: str, minute: int) -> None:
    """Note that a task has done everything up to a tick."""
    insert_rows(clickhouse, "periodic_ticks", ("task", "minute"), [(task, minute)])


def changed_ticks(clickhouse: Client, done: int, newest: int) -> list[int]:
    """The ticks behind `done` at which what is shown may have changed, and `newest`; in order."""
    rows = clickhouse.query(_TICKS, parameters={"done": done, "tick": newest}).result_rows
    return sorted(int(row[0]) for row in rows)


def write_stable_ranks(clickhouse: Client, tick: int, late_minutes: int) -> None:
    """Write the lower bounds that are kept from a tick on, where another one was kept before.

    Args:
        clickhouse: A client that may write.
        tick: Minutes since 1970.
        late_minutes: Cells of so many minutes before the last one are looked at again.
    """
    known = {"at": _moment(tick), "before": _moment(tick - 1), "late": late_minutes}
    clickhouse.command(_STABILISE, parameters={"tick": tick, **known})


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
