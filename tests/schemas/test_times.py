"""Instants, against the standard library's calendar."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from schemas.times import EARLIEST_MS, FUTURE_TOLERANCE_MS, format_instant, parse_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z


@given(st.integers(0, LAST_MS))
@example(EARLIEST_MS)
@example(LAST_MS)
def test_what_is_formatted_is_read_back(ms: int) -> None:
    assert parse_instant(format_instant(ms)) == ms


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001
def test_an_instant_is_that_of_the_calendar(moment: datetime) -> None:
    seconds = moment.replace(microsecond=0, tzinfo=UTC)
    expected = (seconds - EPOCH) // timedelta(milliseconds=1)
    text = seconds.isoformat().removesuffix("+00:00")
    assert parse_instant(f"{text}Z") == expected
    assert parse_instant(f"{text}.7Z") == expected + 700
    assert parse_instant(f"{text}.07Z") == expected + 70
    assert parse_instant(f"{text}.007Z") == expected + 7


def test_a_month_has_the_days_that_it_has() -> None:
    for year in (1999, 2000, 2023, 2024, 2100, 2400):
        for month in range(14):
            for day in range(33):
                try:
                    expected = datetime(year, month, day, tzinfo=UTC) - EPOCH
                except ValueError:
                    expected = None
                parsed = parse_instant(f"{year}-{month:02d}-{day:02d}T00:00:00Z")
                assert parsed == (None if expected is None else expected.days * 86_400_000)


def test_an_hour_ends_at_59() -> None:
    for hour in range(100):
        for minute in (0, 59, 60, 99):
            for second in (0, 59, 60, 61, 99):
                parsed = parse_instant(f"2024-05-01T{hour:02d}:{minute:02d}:{second:02d}Z")
                assert (parsed is not None) == (hour < 24 and minute < 60 and second < 60)


@given(st.text(alphabet="0123456789-:.TZtz +\n٣０", max_size=30))
def test_nothing_is_read_that_would_be_written_otherwise(text: str) -> None:
    ms = parse_instant(text)
    if ms is not None:
        whole, _, fraction = text.removesuffix("Z").partition(".")
        assert format_instant(ms) == f"{whole}.{fraction.ljust(3, '0')}Z"


def test_policy_is_300_seconds_and_the_year_2000() -> None:
    assert FUTURE_TOLERANCE_MS == 300_000
    assert datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000 == EARLIEST_MS
