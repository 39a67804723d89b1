"""The only place that reads the time; everything else is handed a `Clock`."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns milliseconds since 1970."""


def system_clock() -> int:
    """Milliseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1_000_000


def cooled_down_ms(began_ms: int, ended_ms: int, rest: int) -> int:
    """When work may begin again whose cooldown is so many times as long as the work took.

    >>> cooled_down_ms(0, 100, 9)  # a tenth of the time, at most, is its own
    1000
    """
    return ended_ms + rest * (ended_ms - began_ms)


def monotonic_ms() -> int:
    """Milliseconds of a clock that never steps back, for durations."""
    return time.monotonic_ns() // 1_000_000
