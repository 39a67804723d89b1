"""Which ticks stable ranks are due at, and how far a task has come."""

from clickhouse_connect.driver.client import Client
from clickhouse_server import NOON, insert_consultation, insert_history

from infra.clickhouse.stable_ranks import (
    changed_ticks,
    newest_tick,
    record_tick,
    write_stable_ranks,
)


def test_a_task_has_come_as_far_as_its_newest_tick(clickhouse: Client) -> None:
    assert newest_tick(clickhouse, "some task") == 0
    for minute in (9, 5):
        record_tick(clickhouse, "some task", minute)
    record_tick(clickhouse, "other task", 99)
    assert newest_tick(clickhouse, "some task") == 9


def test_ticks_are_those_behind_a_change_and_the_newest(clickhouse: Client) -> None:
    cell = {"consultation_id": "ticks", "proposal_id": "p", "agree": 40}
    minutes = (NOON, NOON + 3, NOON + 3, NOON + 8)
    insert_history(clickhouse, [cell | {"minute": m, "version": m} for m in minutes])
    assert changed_ticks(clickhouse, NOON - 1, NOON + 6) == [NOON + 1, NOON + 4, NOON + 6]
    # A tick is looked at again: an insert of its last minute may have taken long.
    assert changed_ticks(clickhouse, NOON + 3, NOON + 6) == [NOON + 4, NOON + 6]


def test_a_tick_keeps_a_bound_once(clickhouse: Client) -> None:
    insert_consultation(clickhouse, "bounds")
    cell = {"consultation_id": "bounds", "proposal_id": "p", "agree": 40}
    insert_history(clickhouse, [cell | {"minute": NOON, "version": 1}])
    kept = (
        "SELECT minute, agree_low > 0.9 FROM tutti.stable_rank_history"
        " WHERE consultation_id = 'bounds'"
    )
    for tick in (NOON + 1, NOON + 2):
        write_stable_ranks(clickhouse, tick, late_minutes=1)
    assert clickhouse.query(kept).result_rows == [(NOON + 1, 1)]
    # A cell of the minute before the last is looked at with one late minute, not without.
    insert_history(clickhouse, [cell | {"minute": NOON + 5, "version": 2, "disagree": 40}])
    write_stable_ranks(clickhouse, NOON + 7, late_minutes=0)
    assert len(clickhouse.query(kept).result_rows) == 1
    write_stable_ranks(clickhouse, NOON + 7, late_minutes=1)
    assert (NOON + 7, 0) in clickhouse.query(kept).result_rows
