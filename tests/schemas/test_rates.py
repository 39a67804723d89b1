"""A source's rate on Kafka: a count by partition and minute, repeatable from the log alone."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.rates import MINUTE_MS, SignedCounts, rate_limit
from schemas.rejections import Rejection
from schemas.signatures import signed_headers
from schemas.sources import SigningPolicy, SourceEntry, Sources

MAY = 1_777_593_600_000  # 2026-05-01T00:00:00Z
START = datetime(2026, 5, 1, tzinfo=UTC)
KEY = "01" * 32


def source(name: str = "web", since: datetime = START, **fields) -> SourceEntry:
    return SourceEntry(name, since, KEY, **({"kafka_rate": 1} | fields))


def over(counts: SignedCounts, entry: SourceEntry, at_ms: int) -> bool:
    return counts.add(entry, at_ms) is not None


def test_as_many_as_the_rate_allows_in_a_minute_are_within_it():
    counts = SignedCounts()
    verdicts = [over(counts, source(), MAY + number) for number in range(61)]
    assert verdicts == [False] * 60 + [True]
    assert counts.add(source(), MAY + 59_999) == Rejection(
        "rate_exceeded", "", "at most 60 messages a minute"
    )
    assert not over(counts, source(), MAY + MINUTE_MS)


def test_sources_and_entries_are_counted_by_themselves():
    counts = SignedCounts()
    for _ in range(60):
        counts.add(source(), MAY)
    assert over(counts, source(), MAY)
    assert not over(counts, source("app"), MAY)
    later = source(since=datetime(2026, 5, 1, 0, 0, 30, tzinfo=UTC))
    assert not over(counts, later, MAY + 30_000)


@given(st.lists(st.integers(0, 2 * MINUTE_MS), min_size=1, max_size=400))
def test_a_clock_that_steps_back_within_two_minutes_changes_no_minute_s_count(times):
    """The verdict depends on the minute of a message and on how many of it came before."""
    counts, seen = SignedCounts(), {}
    newest = 0
    for at in times:
        minute = at // MINUTE_MS
        newest = max(newest, minute)
        if minute <= newest - 2:
            continue
        seen[minute] = seen.get(minute, 0) + 1
        assert over(counts, source(), MAY + at) == (seen[minute] > rate_limit(source()))


def test_only_signed_messages_of_limited_sources_are_counted_and_only_where_messages_are_signed():
    entries = [source(), source("free", kafka_rate=0), source("gone"), source("other")]
    entries.append(SourceEntry("gone", datetime(2026, 5, 2, tzinfo=UTC), "", kafka_rate=1))
    signed = Sources(entries, [SigningPolicy(START, "signed")])
    payload, day = b"{}", 86_400_000

    def limited(known: Sources, name: str, at_ms: int = MAY, key: str = KEY) -> str:
        found = known.limited(payload, signed_headers(name, bytes.fromhex(key), payload), at_ms)
        return found.name if found else ""

    assert limited(signed, "web") == "web"
    assert limited(signed, "web", key="02" * 32) == ""  # a forger uses up nobody's rate
    assert limited(signed, "free") == ""
    assert limited(signed, "nobody") == ""
    assert (limited(signed, "gone"), limited(signed, "gone", MAY + day)) == ("gone", "")
    assert limited(signed, "web", MAY - 1) == ""  # before the policy
    assert limited(Sources(entries), "web") == ""
    assert signed.limited(payload, None, MAY) is None
    assert signed.limits
    assert not Sources([source(kafka_rate=0)]).limits
