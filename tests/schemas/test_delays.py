"""A clock in local time is wrong by half hours, give or take what a message takes to arrive."""

import pytest

from schemas.delays import LATE_MS, half_hours, is_late
from schemas.times import FUTURE_TOLERANCE_MS

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("delay_ms", "expected"),
    [
        (0, 0),
        (2_000, 0),
        (HOUR // 2 - 120_000, 1),
        (HOUR // 2 - 120_001, 0),
        (HOUR + 120_000, 2),
        (HOUR + 120_001, 0),
        (5 * HOUR + HOUR // 2 + 900, 11),
        (14 * HOUR, 28),
        (14 * HOUR + HOUR // 2, 0),
        (-2 * HOUR + 1_500, -4),
        (-14 * HOUR, -28),
        (-15 * HOUR, 0),
        (HOUR // 4, 0),
    ],
)
def test_only_near_whole_half_hours_look_like_a_zone(delay_ms, expected):
    assert half_hours(delay_ms) == expected


def test_a_vote_may_come_as_late_as_it_may_come_early():
    assert LATE_MS == FUTURE_TOLERANCE_MS
    assert not is_late(LATE_MS)
    assert is_late(LATE_MS + 1)
