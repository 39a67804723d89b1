"""Windows of `cast_at` in a view: as long as the consultation says, counted from a Monday.

Windows are counted from Monday, 1970-01-05, 00:00 UTC. So those of a week begin on Mondays
(ISO 8601), those of a day at midnight and those of an hour on the hour. Counted from 1970-01-01,
as is usual for seconds, weeks would begin on Thursdays.
"""

from typing import Final

MONDAY_S: Final = 4 * 86_400
"""Monday, 1970-01-05, seconds since 1970."""

START_SQL: Final = (
    f"toDateTime(intDiv({{minute}} * 60 - {MONDAY_S}, {{seconds}}) * {{seconds}} + {MONDAY_S},"
    " 'UTC')"
)
"""Start of the window of a minute (minutes since 1970) for windows of so many seconds."""


def window_start(minute: int, seconds: int) -> int:
    """Start of a minute's window, seconds since 1970.

    Args:
        minute: Minutes since 1970.
        seconds: How long windows are.

    >>> from datetime import UTC, datetime
    >>> wednesday = int(datetime(2026, 5, 6, 12, 30, tzinfo=UTC).timestamp()) // 60
    >>> f"{datetime.fromtimestamp(window_start(wednesday, 7 * 86_400), UTC):%A %Y-%m-%d %H:%M}"
    'Monday 2026-05-04 00:00'
    """
    return (minute * 60 - MONDAY_S) // seconds * seconds + MONDAY_S
