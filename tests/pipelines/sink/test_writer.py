"""What the sink notes in ClickHouse, also after ClickHouse did not take it."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from pipelines.sink.writer import Writer

NOW_MS = 1_780_000_000_123


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory):
    with ready_clickhouse(tmp_path_factory.mktemp("writer")) as settings:
        yield connect(settings)


def test_positions_are_noted_again_after_a_failure(clickhouse, monkeypatch):
    writer = Writer(clickhouse, lambda: NOW_MS)
    place = ("tutti.votes.v1", 3)
    writer.positions({"done": {place: 7}}, newest_ms={place: 5})
    clickhouse.command("RENAME TABLE tutti.positions TO tutti.aside")
    with pytest.raises(DatabaseError):
        writer.positions({"done": {place: 8}})
    clickhouse.command("RENAME TABLE tutti.aside TO tutti.positions")

    attempts = []
    request = clickhouse.http.request

    def away_once(*arguments, **options):
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectionError
        return request(*arguments, **options)

    monkeypatch.setattr(clickhouse.http, "request", away_once)
    writer.positions({"done": {place: 9}, "intake": {place: 12}}, offset_gaps={place: 2})
    assert len(attempts) > 1
    rows = clickhouse.query(
        "SELECT stage, topic, partition, next_offset, offset_gaps, newest_ms,"
        " toUnixTimestamp64Milli(written_at) FROM tutti.positions FINAL ORDER BY stage"
    ).result_rows
    assert rows == [
        ("done", *place, 9, 0, 0, NOW_MS),
        ("intake", *place, 12, 2, 0, NOW_MS),
    ]
