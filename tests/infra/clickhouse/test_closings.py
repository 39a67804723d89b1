"""A result is the board of its moment, and the first of a name stays."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies, show_epoch
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.clickhouse.closings import (
    keep_result,
    kept_results,
    show_entries,
    show_times,
    shown_entries,
    shown_times,
)
from schemas.closings import ClosingEntry

CLOSED = datetime(2026, 6, 1, 20, tzinfo=UTC)
KEPT = datetime(2026, 6, 1, 20, 2, tzinfo=UTC)
COLUMNS = "proposal_id, country, rank, rank_consensus, votes, agree, round(agree_low, 6)"
RESULT = f"SELECT {COLUMNS} FROM marts.results WHERE consultation_id = 'eu' ORDER BY 1, 2"
BOARD = f"SELECT {COLUMNS} FROM marts.leaderboard WHERE consultation_id = 'eu' ORDER BY 1, 2"


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with ready_clickhouse(tmp_path_factory.mktemp("closings")) as settings:
        client = connect(settings)
        show_epoch(client)
        insert_consultation(client, "eu", rank_min_votes=10)
        insert_proposals(client, "eu", ["a", "b", "c"])
        insert_proposals(client, "other", ["a"])
        yield client


def count(client: Client, agree: int, version: int) -> None:
    rows = [
        {"consultation_id": "eu", "proposal_id": "a", "agree": agree, "disagree": 5},
        {"consultation_id": "eu", "proposal_id": "a", "country": "DE", "agree": 20},
        {"consultation_id": "eu", "proposal_id": "b", "agree": 30, "neutral": 2},
        {"consultation_id": "other", "proposal_id": "a", "agree": 9},
    ]
    insert_tallies(client, rows, version=version)


def test_a_result_never_changes(clickhouse):
    count(clickhouse, 20, 1)
    assert kept_results(clickhouse) == set()
    # Killed before its end: the rows are there, the result is not.
    clickhouse.command(
        "INSERT INTO tutti.result_rows (copy, consultation_id, proposal_id) VALUES (1, 'eu', 'x')"
    )
    assert clickhouse.query(RESULT).result_rows == []
    keep_result(clickhouse, "eu", "final", CLOSED, KEPT)
    kept = clickhouse.query(RESULT).result_rows
    overall = [row for row in kept if not row[1]]
    shown = [(row[0], "", *row[2:]) for row in clickhouse.query(BOARD).result_rows]
    assert overall == shown
    assert [row[:5] for row in overall] == [
        ("a", "", 2, 2, 45), ("b", "", 1, 1, 32), ("c", "", None, None, 0),
    ]  # fmt: skip
    assert [row[:2] for row in kept if row[1]] == [("a", "DE"), ("a", "FR"), ("b", "FR")]
    assert kept_results(clickhouse) == {("eu", "final")}
    count(clickhouse, 90, 2)
    assert clickhouse.query(RESULT).result_rows == kept
    # Kept twice, the first counts; under another name it is another one.
    keep_result(clickhouse, "eu", "final", CLOSED, datetime(2026, 6, 2, tzinfo=UTC))
    assert clickhouse.query(RESULT).result_rows == kept
    keep_result(clickhouse, "eu", "final-2", CLOSED, KEPT)
    found = clickhouse.query(
        "SELECT result, votes FROM marts.results WHERE proposal_id = 'a' AND country = ''"
        " ORDER BY result"
    )
    assert found.result_rows == [("final", 45), ("final-2", 115)]


def test_views_show_what_is_decided_and_otherwise_what_is_announced(clickhouse):
    day_ms = 86_400_000
    for name, closes_ms in (("moved", 9 * day_ms), ("announced", 8 * day_ms)):
        insert_consultation(clickhouse, name)
        clickhouse.command(
            "INSERT INTO tutti.consultations SELECT * REPLACE"
            f" ({day_ms} AS opens_ms, {closes_ms} AS closes_ms, origin_offset + 1 AS origin_offset)"
            f" FROM tutti.consultations FINAL WHERE consultation_id = '{name}'"
        )

    def days(view: str) -> dict[str, tuple]:
        rows = clickhouse.query(
            f"SELECT consultation_id, toDayOfYear(opens_at), toDayOfYear(closes_at) FROM {view}"
            " WHERE consultation_id IN ('moved', 'announced')"
        ).result_rows
        return {name: tuple(rest) for name, *rest in rows}

    announced = {"moved": (2, 10), "announced": (2, 9)}
    assert days("marts.consultations") == days("open.consultations") == announced
    show_times(clickhouse, {"moved": 5 * day_ms}, 1)
    found = days("marts.consultations")
    assert found == days("open.consultations") == announced | {"moved": (2, 6)}
    show_times(clickhouse, {"moved": None}, 2)
    assert shown_times(clickhouse) == {"moved": None}
    found = days("marts.consultations")
    assert found == days("open.consultations") == announced | {"moved": (2, None)}


def test_who_decided_what_is_shown_once(clickhouse):
    entries = [
        ClosingEntry("eu", CLOSED, "closed", 60, "final", "ana", "it's the end"),
        ClosingEntry("eu", KEPT, "open", by="bo"),
    ]
    show_entries(clickhouse, entries[:1], 0)
    assert shown_entries(clickhouse) == 1
    show_entries(clickhouse, entries, shown_entries(clickhouse))
    show_entries(clickhouse, entries, 0)
    found = clickhouse.query(
        "SELECT position, consultation_id, state, grace_seconds, result, decided_by, why"
        " FROM marts.closings ORDER BY position"
    )
    assert found.result_rows == [
        (1, "eu", "closed", 60, "final", "ana", "it's the end"), (2, "eu", "open", 0, "", "bo", ""),
    ]  # fmt: skip
