"""Closings are shown at each tick, and a result is kept when all that counts is counted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies, show_epoch
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from operators.core.errors import TransientError
from pipelines.periodic.closings import ShownClosings
from schemas.closings import ClosingEntry, Closings
from schemas.sources import instant_ms

START = datetime(2026, 6, 1, 20, tzinfo=UTC)
START_MS = instant_ms(START)
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with ready_clickhouse(tmp_path_factory.mktemp("closings")) as settings:
        client = connect(settings)
        show_epoch(client)
        yield client


@pytest.fixture
def clickhouse(server: Client) -> Client:
    for table in ("closings", "closing_times", "results", "result_rows"):
        server.command(f"TRUNCATE TABLE tutti.{table}")
    return server


def entry(minute: int, state: str = "closed", **fields) -> ClosingEntry:
    return ClosingEntry("eu", START + timedelta(minutes=minute), state, **fields)


def results(client: Client) -> list[tuple]:
    return client.query(
        "SELECT result, agree FROM marts.results WHERE country = '' ORDER BY result"
    ).result_rows


def closes_at(client: Client) -> datetime | None:
    [[found]] = client.query(
        "SELECT closes_at FROM marts.consultations WHERE consultation_id = 'eu'"
    ).result_rows
    return found.replace(tzinfo=UTC) if found else None


def test_a_result_waits_for_the_grace_and_for_what_is_on_its_way(clickhouse):
    insert_consultation(clickhouse, "eu")
    insert_proposals(clickhouse, "eu", ["a"])
    entries, asked = [entry(0, grace_seconds=120, result="final")], []

    def counted() -> None:
        asked.append(1)
        if len(asked) == 1:
            raise TransientError("the votes job has not caught up")
        rows = [{"consultation_id": "eu", "proposal_id": "a", "agree": 7 + len(asked)}]
        insert_tallies(clickhouse, rows, version=len(asked))

    task = ShownClosings(lambda: Closings(entries), counted)
    task.show(clickhouse, START_MS - MINUTE_MS)
    assert closes_at(clickhouse) == START
    task.show(clickhouse, START_MS + MINUTE_MS)
    assert not asked
    with pytest.raises(TransientError):
        task.show(clickhouse, START_MS + 2 * MINUTE_MS)
    assert results(clickhouse) == []
    task.show(clickhouse, START_MS + 3 * MINUTE_MS)
    assert results(clickhouse) == [("final", 9)]
    task.show(clickhouse, START_MS + 4 * MINUTE_MS)
    assert len(asked) == 2
    entries += [entry(10, "open"), entry(20, result="final-2")]
    task.show(clickhouse, START_MS + 11 * MINUTE_MS)
    assert closes_at(clickhouse) == START + timedelta(minutes=20)
    task.show(clickhouse, START_MS + 21 * MINUTE_MS)
    assert results(clickhouse) == [("final", 9), ("final-2", 10)]


def test_what_was_reopened_within_its_grace_has_no_result(clickhouse):
    entries = [entry(0, grace_seconds=600, result="final"), entry(5, "open")]
    task = ShownClosings(lambda: Closings(entries), lambda: pytest.fail("nothing is due"))
    for minute in (1, 6, 11, 30):
        task.show(clickhouse, START_MS + minute * MINUTE_MS)
    assert results(clickhouse) == []


def test_where_nothing_was_ever_closed_nothing_is_asked():
    ShownClosings(Closings, lambda: None).show(None, START_MS)
