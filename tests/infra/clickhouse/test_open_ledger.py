"""The ledger's numbers: what a killed publication wrote counts nowhere and is not used again."""

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_votes

from infra.clickhouse import open_ledger as ledger
from infra.clickhouse.open_ledger import Chosen, Published, Release, Waiting

TABLES = ("publications", "people", "releases", "pending", "chosen", "touched")
PLACE = ("ledger", "p")


@pytest.fixture
def empty(clickhouse: Client) -> Client:
    for table in TABLES:
        clickhouse.command(f"TRUNCATE TABLE tutti.open_{table}")
    return clickhouse


def release(number: int) -> Release:
    return Release(number, *PLACE, "entry", "FR", 0, 60, 5, agree=3, disagree=1, neutral=1)


def test_a_number_counts_when_it_is_written_last(empty: Client) -> None:
    insert_votes(
        empty,
        [
            {"consultation_id": PLACE[0], "proposal_id": PLACE[1], "participant": n}
            | {"choice": "agree" if n < 3 else "neutral", "cast_ms": 600_000}
            for n in range(5)
        ],
    )
    now, scanned_at, since = ledger.scanned(empty, overlap_s=60)
    assert now > scanned_at >= since
    assert ledger.touched_proposals(empty, since) == [PLACE]
    assert ledger.unused_number(empty) == 1
    ledger.stage_ballots(empty, PLACE, PLACE, since, 1, None)
    assert ledger.waiting_ballots(empty, 1) == [
        Waiting(*PLACE, "entry", "FR", 10, 5, agree=3, disagree=0, neutral=2)
    ]
    ledger.write_releases(empty, [Chosen(1, *PLACE, "entry", "FR", 10, "FR")], [release(1)])
    people = "SELECT count(), any(publication), any(cell) FROM tutti.open_people"
    assert empty.query(people).result_rows == [(5, 1, "FR")]

    # Killed here: the next one has another number, and sees the same ballots.
    assert ledger.published_ballots(empty, 1) == []
    assert ledger.unused_number(empty) == 2
    ledger.stage_ballots(empty, PLACE, PLACE, since, 2, None)
    assert [row.people for row in ledger.waiting_ballots(empty, 2)] == [5]
    ledger.write_releases(empty, [Chosen(2, *PLACE, "entry", "FR", 10, "FR")], [release(2)])
    ledger.finish_publication(empty, 2, 1_780_000_000_000, now)
    assert ledger.waiting_ballots(empty, 2) == []
    assert ledger.scanned(empty, overlap_s=60).scanned_at == now
    assert ledger.unused_number(empty) == 3

    # What is public is known to the next one, and no ballot differs from it.
    ledger.stage_ballots(empty, PLACE, PLACE, since, 3, None)
    assert ledger.waiting_ballots(empty, 3) == []
    insert_votes(
        empty,
        [{"consultation_id": PLACE[0], "proposal_id": PLACE[1], "participant": 9}],
        first_offset=10,
    )
    ledger.stage_ballots(empty, PLACE, PLACE, since, 3, None)
    assert ledger.published_ballots(empty, 3) == [Published(*PLACE, "FR", 5)]
