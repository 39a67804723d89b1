"""The state of the sink: what was written is read again, the newest of it."""

from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import NOON, insert_tallies, show_epoch

from infra.clickhouse import state
from infra.clickhouse.client import scalar
from infra.clickhouse.state import EpochProgress, StateWriter

NOW_MS = 1_780_000_000_123
ZERO = ("tutti.tallies.v1", 0)
ONE = ("tutti.tallies.v1", 1)
TABLES = (
    *("epochs", "positions", "cuts", "cuts_history", "progress", "cluster_progress"),
    *("tallies", "windows"),
)


@pytest.fixture
def empty(clickhouse: Client):
    """ClickHouse before the first vote."""

    def forget() -> None:
        for table in TABLES:
            clickhouse.command(f"TRUNCATE TABLE tutti.{table}")

    forget()
    yield clickhouse
    forget()
    show_epoch(clickhouse)


def write_cut(clickhouse: Client, epoch: int, votes: int, as_of_ms: int = NOW_MS) -> None:
    StateWriter(clickhouse).cut(
        epoch, {0: votes, 3: 1}, {ZERO: votes}, quiescent=True, as_of_ms=as_of_ms, now_ms=NOW_MS
    )


def write_progress(clickhouse: Client, rows: list[list[int]]) -> None:
    columns = ["epoch", "partition", "offset", "origin_ms", "version"]
    clickhouse.insert("progress", rows, column_names=columns, database="tutti")


def test_before_the_first_vote_there_is_nothing(empty: Client) -> None:
    assert state.active_epoch(empty) == 0
    assert state.active_cut(empty) is None
    assert state.active_cut(empty, datetime(2026, 6, 1, tzinfo=UTC)) is None
    assert state.positions(empty) == {}
    assert state.progress(empty) == []
    assert state.counted_votes(empty, 1) == 0
    assert state.clustered_proposals(empty) == 0
    assert not state.counting_lags(empty, 0)


def test_the_greatest_epoch_is_active(empty: Client) -> None:
    writer = StateWriter(empty)
    writer.activate(2, NOW_MS)
    writer.activate(1, NOW_MS + 1)
    assert state.active_epoch(empty) == 2


def test_positions_are_those_of_the_stage_and_never_step_back(empty: Client) -> None:
    writer = StateWriter(empty)
    for offset in (7, 5):
        writer.positions(
            {"done": {ZERO: offset}, "log": {ZERO: 9, ONE: 4}},
            offset_gaps=None, newest_ms=None, now_ms=NOW_MS,
        )  # fmt: skip
    assert state.positions(empty) == {ZERO: 7}
    assert state.positions(empty, "log") == {ZERO: 9, ONE: 4}


def test_everything_is_written_when_each_partition_has_reached_its_end(empty: Client) -> None:
    StateWriter(empty).positions(
        {"done": {ZERO: 7}}, offset_gaps=None, newest_ms=None, now_ms=NOW_MS
    )
    assert state.all_written(empty, {ZERO: 7, ONE: 0})
    assert not state.all_written(empty, {ZERO: 8})
    assert not state.all_written(empty, {ZERO: 7, ONE: 1})


def test_the_active_cut_is_the_newest_of_the_active_epoch(empty: Client) -> None:
    show_epoch(empty, 2)
    for epoch, votes in ((1, 9), (2, 5), (2, 4), (3, 8)):
        write_cut(empty, epoch, votes)
    cut = state.active_cut(empty)
    assert cut is not None
    assert (cut.epoch, cut.counted, cut.as_of_ms) == (2, {0: 5, 3: 1}, NOW_MS)
    assert cut.as_of.replace(tzinfo=UTC).timestamp() * 1000 == NOW_MS


def test_a_cut_of_then_is_the_one_that_was_shown_then(empty: Client) -> None:
    show_epoch(empty)
    rows = [[1, {0: votes}, NOON + votes, votes] for votes in (4, 9)]
    columns = ["epoch", "counted", "minute", "number"]
    empty.insert("cuts_history", rows, column_names=columns, database="tutti")
    cuts = [
        state.active_cut(empty, datetime.fromtimestamp(minute * 60, UTC))
        for minute in (NOON, NOON + 5, NOON + 9, NOON + 10)
    ]
    assert [cut and cut.counted for cut in cuts] == [None, {0: 4}, {0: 4}, {0: 9}]


def test_progress_is_the_newest_of_each_epoch_and_partition(empty: Client) -> None:
    write_progress(empty, [[1, 0, 4, 10, 1], [1, 0, 6, 12, 2], [1, 2, 0, 3, 1], [2, 0, 1, 5, 3]])
    assert sorted(state.progress(empty)) == [
        EpochProgress(1, 0, 6, 12), EpochProgress(1, 2, 0, 3), EpochProgress(2, 0, 1, 5),
    ]  # fmt: skip
    assert state.counted_votes(empty, 1) == 8
    assert state.counted_votes(empty, 2) == 2


def test_the_first_clustered_proposal_is_one(empty: Client) -> None:
    empty.insert(
        "cluster_progress", [[1, "c", 0, 1]], database="tutti",
        column_names=["epoch", "consultation_id", "offset", "version"],
    )  # fmt: skip
    assert state.clustered_proposals(empty) == 1


def test_semantics_is_as_late_as_the_consultation_that_is_clustered_anew(empty: Client) -> None:
    def clustered(*rows: tuple[int, int, str, int]) -> int:
        empty.insert(
            "cluster_progress", [[*row, row[0]] for row in rows], database="tutti",
            column_names=["epoch", "job_epoch", "consultation_id", "offset", "version"],
        )  # fmt: skip
        shown = "SELECT next_offset FROM marts.freshness WHERE stage = 'semantics'"
        return int(scalar(empty, shown))

    assert clustered((1, 1, "a", 20), (1, 1, "b", 30)) == 31
    assert clustered((2, 1, "a", 5)) == 6
    assert clustered((3, 1, "a", 20)) == 31, "its last proposal, not that of all, is the end"
    assert clustered((4, 4, "b", 9)) == 10, "the job begins anew with all"


def test_rows_of_former_epochs_are_removed_and_no_others(empty: Client) -> None:
    for epoch in (1, 2):
        insert_tallies(empty, [{"consultation_id": "c", "proposal_id": "p"}], epoch=epoch)
        write_cut(empty, epoch, 3)
    write_progress(empty, [[2, 0, 6, 12, 2]])
    writer = StateWriter(empty)
    assert list(writer.forget_before(2)) == ["tallies", "cuts"]
    for table in ("tallies", "cuts", "progress"):
        assert empty.query(f"SELECT DISTINCT epoch FROM tutti.{table}").result_rows == [(2,)]
    assert list(writer.forget_before(2)) == []


def test_the_types_of_columns_are_asked_for_once(empty: Client, monkeypatch) -> None:
    """The sink writes positions twice a second: two more queries each would be seen."""
    writer, sent = StateWriter(empty), []
    request = empty.http.request
    monkeypatch.setattr(
        empty.http, "request", lambda *args, **more: sent.append(1) or request(*args, **more)
    )

    def requests() -> int:
        sent.clear()
        writer.positions({"done": {ZERO: 1}}, offset_gaps=None, newest_ms=None, now_ms=NOW_MS)
        return len(sent)

    assert requests() > 1
    assert [requests(), requests()] == [1, 1]
