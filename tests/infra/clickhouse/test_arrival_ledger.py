"""The ledger of one consultation as the command and its warnings need it."""

from datetime import UTC, datetime, timedelta

from clickhouse_server import insert_consultation, insert_proposals, insert_votes

from infra.clickhouse.arrival_ledger import read_ledger
from infra.clickhouse.tables import insert_rows

NOON = datetime(2026, 2, 20, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
LATER = NOON + timedelta(minutes=10)


def votes(name, first, count, **fields):
    return [
        {
            "consultation_id": name, "proposal_id": "p", "participant": first + n,
            "origin_ms": NOON_MS, "cast_ms": NOON_MS, "origin_partition": n % 4, **fields,
        }
        for n in range(count)
    ]  # fmt: skip


def test_sums_by_source_and_country_and_only_of_what_is_asked_for(clickhouse):
    name = "ledger-sums"
    insert_consultation(clickhouse, name, {"FR": 1, "DE": 1}, offset=40)
    insert_proposals(clickhouse, name, ["p"])
    sent = votes(name, 0, 3, source="tv") + votes(name, 0, 2, source="app", country="DE")
    insert_votes(clickhouse, sent, first_offset=0)
    columns = ["topic", "partition", "offset", "received_at", "reason", "consultation_id", "source"]
    letters = [
        ["tutti.votes.v1", 5, n, NOON + timedelta(hours=n), "bad_time", name, "tv"]
        for n in range(2)
    ]
    insert_rows(clickhouse, "dead_letters", columns, letters)
    found = read_ledger(clickhouse, name, LATER)
    by = {(c.source, c.country, c.kind): c for c in found.cells}
    # Two of tv's votes are replaced by those of the same people from the app.
    assert (by["tv", "FR", "votes"].accepted, by["tv", "FR", "votes"].replaced) == (3, 2)
    assert (by["app", "DE", "votes"].accepted, by["app", "DE", "votes"].replaced) == (2, 0)
    assert by["tv", "", "votes"].rejected == 2
    [rejected] = found.rejections
    assert (rejected.source, rejected.reason, rejected.messages) == ("tv", "bad_time", 2)
    assert rejected.cure
    assert found.warnings == []
    app = read_ledger(clickhouse, name, LATER, source="app")
    assert {c.source for c in app.cells} == {"app"}
    late = read_ledger(clickhouse, name, LATER, since=NOON + timedelta(minutes=30))
    assert [(c.source, c.received) for c in late.cells] == [("tv", 1)]


def test_what_is_unknown_is_warned_of_when_it_has_had_time_to_come(clickhouse):
    name = "ledger-unknown"
    insert_votes(clickhouse, votes(name, 0, 3, source="tv"), first_offset=100)
    assert read_ledger(clickhouse, name, NOON + timedelta(seconds=90)).warnings == []
    found = read_ledger(clickhouse, name, LATER).warnings
    assert [(w.reason, w.messages) for w in found] == [
        ("proposal_not_sent", 3),
        ("consultation_not_announced", 3),
    ]


def test_what_many_votes_of_a_source_show_is_warned_of(clickhouse):
    name = "ledger-traffic"
    insert_consultation(clickhouse, name, {"FR": 1, "PT": 1}, offset=41)
    insert_proposals(clickhouse, name, ["p"])
    late = NOON_MS - 2 * 3_600_000
    sent = votes(name, 0, 120, source="azores", country="PT", cast_ms=late)
    insert_votes(clickhouse, sent, first_offset=1_000)
    on_one = votes(name, 500, 60, source="tv", origin_partition=2)
    insert_votes(clickhouse, on_one, first_offset=2_000)
    on_one = votes(name, 600, 60, source="tv", country="US", origin_partition=2)
    insert_votes(clickhouse, on_one, first_offset=3_000)
    found = {(w.reason, w.source, w.found) for w in read_ledger(clickhouse, name, LATER).warnings}
    assert found == {
        ("local_time", "azores", "UTC-02:00"),
        ("one_country", "azores", "PT"),
        ("country_not_listed", "tv", "US"),
        ("one_partition", "tv", "partition 2"),
    }
    national = read_ledger(clickhouse, name, LATER, national=["azores"]).warnings
    assert "one_country" not in {w.reason for w in national}
