from datetime import UTC, datetime, timedelta

from clickhouse_server import insert_votes

from infra.clickhouse.arrivals import read_arrivals

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
NAME = "arrivals"


def votes(minutes_ago, first, **values):
    return [
        {
            "consultation_id": NAME, "proposal_id": "p", "participant": first + n,
            "origin_ms": int((NOW - timedelta(minutes=ago)).timestamp() * 1000), **values,
        }
        for n, ago in enumerate(minutes_ago)
    ]  # fmt: skip


def test_votes_are_counted_by_when_they_were_received(clickhouse):
    """Who casts a vote on a train without a network is received later: that is when it arrives."""
    insert_votes(clickhouse, votes([0.5, 0.7, 3, 10, 59, 61, -1], 0, source="tv", cast_ms=1))
    insert_votes(clickhouse, votes([20], 100, source="app", country="DE"), first_offset=100)
    insert_votes(
        clickhouse, [votes([1], 200)[0] | {"consultation_id": "tutti-probe"}], first_offset=200
    )
    found = read_arrivals(clickhouse, NOW, "tutti-probe")
    cells = {(c.country, c.source): c for c in found.cells if c.consultation_id == NAME}
    assert cells.keys() == {("FR", "tv"), ("DE", "app")}
    tv = cells["FR", "tv"]
    assert (tv.last_minute, tv.recent, tv.before) == (2, 3, 2)
    assert tv.newest_at == NOW - timedelta(minutes=0.5)
    assert (cells["DE", "app"].recent, cells["DE", "app"].before) == (0, 1)
    minutes = found.minutes[NAME]
    assert len(minutes) == 60
    assert (minutes[-1], minutes[-4], minutes[-11], minutes[-21], minutes[0]) == (2, 1, 1, 1, 1)
    assert sum(minutes) == 6
    assert "tutti-probe" not in found.minutes
