"""The history's beginning, its growth, and snapshots of it."""

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_history, insert_tallies

from infra.clickhouse import history

EPOCH = 70
"""Of no other test."""
CELL = {"consultation_id": "history", "proposal_id": "p", "epoch": EPOCH}


def test_a_snapshot_repeats_every_cell_in_one_minute(clickhouse: Client) -> None:
    assert history.newest_snapshot(clickhouse, EPOCH) == 0
    insert_history(
        clickhouse,
        [
            CELL | {"minute": 100, "version": 1, "agree": 1},
            CELL | {"minute": 105, "version": 2, "agree": 2},
            CELL | {"minute": 104, "version": 3, "agree": 3, "country": "DE"},
            CELL | {"minute": 111, "version": 4, "agree": 9},
        ],
    )
    insert_tallies(clickhouse, [CELL | {"agree": 9}], epoch=EPOCH)
    assert history.growth(clickhouse, EPOCH, since=0, until=110)[0] == 3
    assert history.growth(clickhouse, EPOCH, since=100, until=110) == (2, 1)
    history.write_snapshot(clickhouse, EPOCH, since=0, minute=110)
    assert history.newest_snapshot(clickhouse, EPOCH) == 110
    rows = clickhouse.query(
        "SELECT country, agree, version FROM tutti.tallies_history"
        f" WHERE epoch = {EPOCH} AND minute = 110 ORDER BY country"
    ).result_rows
    assert rows == [("DE", 3, 3), ("FR", 2, 2)]


def test_the_history_begins_with_the_first_minute_written(clickhouse: Client) -> None:
    insert_history(clickhouse, [CELL | {"minute": 7, "version": 1}])
    assert history.first_minute(clickhouse) == 7
    clickhouse.command("TRUNCATE TABLE tutti.tallies_history")
    assert history.first_minute(clickhouse) is None
