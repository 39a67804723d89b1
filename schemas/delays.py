"""Delays: how long after it was cast a vote arrived, and what a clock in local time looks like.

A clock that writes local time as if it were UTC is wrong by the offset of its time zone: a whole
number of half hours, of at most 14 hours (UTC+14 is the greatest; the zones of quarter hours, as in
Nepal, are not told apart). East of Greenwich such votes come from the future and are rejected; west
of it they seem to come late.

The arrival ledger classifies in ClickHouse with the same formulas, in the migration that makes it.
"""

from typing import Final

LATE_MS: Final = 300_000
"""As long as a vote may come before its time (`schemas.times.FUTURE_TOLERANCE_MS`)."""
HALF_HOUR_MS: Final = 1_800_000
TOLERANCE_MS: Final = 120_000
"""How long a vote usually takes to arrive, at most."""
MAX_HALF_HOURS: Final = 28


def is_late(delay_ms: int) -> bool:
    """Whether a vote came late.

    `delay_ms`: the broker's time less the time at which the vote was cast, ms.
    """
    return delay_ms > LATE_MS


def half_hours(delay_ms: int) -> int:
    """How many half hours a delay is, if it is nearly a whole number of them; otherwise 0.

    >>> half_hours(3_600_000 + 2_500), half_hours(-7_200_000), half_hours(2_500)
    (2, -4, 0)
    >>> half_hours(900_000)
    0
    """
    size = abs(delay_ms)
    found = (size + HALF_HOUR_MS // 2) // HALF_HOUR_MS
    if not (1 <= found <= MAX_HALF_HOURS and abs(size - found * HALF_HOUR_MS) <= TOLERANCE_MS):
        return 0
    return found if delay_ms > 0 else -found
