"""Windows hold every minute once; those of calendar lengths begin where the calendar does."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from operators.core.votes.windows import window_start
from schemas.rules import MAX_WINDOW_SECONDS, WINDOW_STEP_SECONDS
from schemas.times import EARLIEST_MS

minutes = st.integers(EARLIEST_MS // 60_000, 253_402_300_799 // 60)
lengths = st.integers(1, MAX_WINDOW_SECONDS // WINDOW_STEP_SECONDS).map(lambda n: n * 60)


@given(minutes, lengths)
def test_a_window_holds_its_minute_and_the_next_begins_where_it_ends(minute, seconds) -> None:
    start = window_start(minute, seconds)
    assert start <= minute * 60 < start + seconds
    assert window_start(start // 60, seconds) == start
    assert window_start(start // 60 + seconds // 60, seconds) == start + seconds


@given(minutes)
def test_weeks_begin_on_mondays_days_at_midnight_and_hours_on_the_hour(minute) -> None:
    week, day, hour = (
        datetime.fromtimestamp(window_start(minute, seconds), UTC)
        for seconds in (7 * 86_400, 86_400, 3_600)
    )
    at = datetime.fromtimestamp(minute * 60, UTC)
    assert (week.isoweekday(), f"{week:%H:%M}") == (1, "00:00")
    assert week.isocalendar()[:2] == at.isocalendar()[:2]
    assert day.date() == at.date()
    assert (f"{day:%H:%M}", f"{hour:%M}", hour.hour) == ("00:00", "00", at.hour)
