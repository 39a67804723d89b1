"""Capacity: the highest rate that the chain keeps up with.

A rate is kept up with if the wait of votes does not grow during the trial and its 99th percentile
stays under a bound. Rates are doubled until one is too high, then the gap is halved.
"""

from collections.abc import Callable
from typing import Final

import msgspec

RISE_SHARE: Final = 0.03
RISE_FLOOR_MS: Final = 300.0
PATIENCE: Final = 2
"""Trials of a rate before it has failed: one bad moment of a shared machine is no limit."""


class Trial(msgspec.Struct, frozen=True):
    """One rate, tried.

    Attributes:
        rate: Votes per second.
        kept_up: The verdict.
        p99_ms: Intended time to readable, ms.
        rise_ms: How much the median wait grew over the trial, ms.
    """

    rate: float
    kept_up: bool
    p99_ms: float
    rise_ms: float


def assess(rate: float, seconds: float, p99_ms: float, rise_ms: float, bound_ms: float) -> Trial:
    """The verdict on one trial.

    When a rate is 3 % above what the chain does, the wait grows by 3 % of the time that passes.

    >>> assess(5_000, 30, p99_ms=900, rise_ms=40, bound_ms=3_000).kept_up
    True
    >>> assess(90_000, 30, p99_ms=2_900, rise_ms=2_000, bound_ms=3_000).kept_up
    False
    """
    allowed_ms = max(RISE_FLOOR_MS, RISE_SHARE * seconds * 1000)
    return Trial(rate, p99_ms <= bound_ms and rise_ms <= allowed_ms, p99_ms, rise_ms)


def search(trial: Callable[[float], Trial], start: float, precision: float) -> list[Trial]:
    """Try rates until the highest one that is kept up with is known.

    Args:
        trial: Tries a rate.
        start: The first rate.
        precision: How far the answer may be below the lowest rate that failed, as a share.

    Returns:
        All trials in their order; `highest` of them is the answer.
    """
    trials: list[Trial] = []

    def kept_up(rate: float) -> bool:
        for _ in range(PATIENCE):
            trials.append(trial(rate))
            if trials[-1].kept_up:
                return True
        return False

    low, high = start, start
    if kept_up(start):
        while kept_up(high := low * 2):
            low = high
    else:
        while not kept_up(low := high / 2):
            high = low
            if low < 1:
                return trials
    while high > low * (1 + precision):
        middle = round((low + high) / 2, -2) if low > 1000 else (low + high) / 2  # noqa: PLR2004
        if kept_up(middle):
            low = middle
        else:
            high = middle
    return trials


def highest(trials: list[Trial]) -> float:
    """The highest rate that was kept up with; 0 if none was."""
    return max((trial.rate for trial in trials if trial.kept_up), default=0.0)
