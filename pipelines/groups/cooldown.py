"""When to group a consultation again: soon after a change, but never all the time."""

from typing import Final

from operators.core.clock import cooled_down_ms

MIN_COOLDOWN_MS: Final = 2_000
"""A consultation is left alone for so long at least."""

COOLDOWN_PER_RUN: Final = 9
"""And for so many times as long as its run took: a tenth of the time, at most, is its own."""

COOLDOWN_PER_SCAN: Final = 19
"""To see what has changed is to read a little of every ballot: a twentieth of the time."""


def next_ms(began_ms: int, ended_ms: int) -> int:
    """When a consultation may be grouped again, after a run from `began_ms` to `ended_ms`.

    >>> next_ms(0, 100), next_ms(0, 5_000)
    (2100, 50000)
    """
    return max(ended_ms + MIN_COOLDOWN_MS, cooled_down_ms(began_ms, ended_ms, COOLDOWN_PER_RUN))
