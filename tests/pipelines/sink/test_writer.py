"""What the sink notes in ClickHouse, also after ClickHouse did not take it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import BUSY, connect, scalar
from infra.service.metrics import SINK_RETRIES
from infra.service.waiting import wait_until
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


def test_what_a_busy_clickhouse_does_not_take_is_sent_again(clickhouse):
    """Ending for it, the process would read again, at a time when the machine has no time."""
    writer = Writer(clickhouse, lambda: NOW_MS)
    place = ("tutti.votes.v1", 5)
    tried = SINK_RETRIES._value.get
    before = tried()
    writer.positions({"done": {place: 10}})
    one_part = "parts_to_throw_insert = 1, parts_to_delay_insert = 1"
    clickhouse.command(f"ALTER TABLE tutti.positions MODIFY SETTING {one_part}")
    with ThreadPoolExecutor(1) as thread:
        written = thread.submit(writer.positions, {"done": {place: 11}})
        assert wait_until(lambda: tried() >= before + 2 or written.done(), 120, every_s=0.05)
        clickhouse.command(
            "ALTER TABLE tutti.positions RESET SETTING parts_to_throw_insert, parts_to_delay_insert"
        )
        written.result(120)
    assert tried() >= before + 2
    noted = "SELECT next_offset FROM tutti.positions FINAL WHERE partition = 5"
    assert scalar(clickhouse, noted) == 11


def test_the_answers_of_a_busy_clickhouse_are_called_as_clickhouse_calls_them(clickhouse):
    names = {code: scalar(clickhouse, f"SELECT errorCodeToName({code})") for code in BUSY}
    assert names == BUSY
