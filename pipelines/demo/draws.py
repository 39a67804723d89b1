"""Uniform random numbers, and what the demo's stream makes of them."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")
Shares = tuple[tuple[str, float], ...]
"""Names and how often each comes; the shares add up to 1."""

_BLOCK = 4_096  # rows drawn at once
_JITTER_MS = 1_000
_LATE_FROM_MS = 60_000
_LATE_SPAN_MS = 19 * 60_000


class Draws(NamedTuple):
    """The random numbers, from 0 to 1, behind one message."""

    what: float
    who: float
    which: float
    opinion: float
    more: float
    when: float

    def jitter_ms(self) -> int:
        """Return how long ago a vote was cast that arrives in time."""
        return int(self.when * _JITTER_MS)

    def delay_ms(self) -> int:
        """Return how long ago a vote was cast that arrives late."""
        return _LATE_FROM_MS + int(self.when * _LATE_SPAN_MS)


def rows(rng: np.random.Generator, width: int) -> Iterator[list[float]]:
    """Yield rows of uniform draws for ever; drawn in blocks, the numbers do not depend on it."""
    while True:
        yield from rng.random((_BLOCK, width)).tolist()


def pick(shares: Shares, draw: float) -> str:
    """Return the name that a draw falls on.

    Example:
        >>> pick((("app", 0.45), ("web", 0.40), ("widget", 0.15)), 0.5)
        'web'
    """
    for name, share in shares:
        if draw < share:
            return name
        draw -= share
    return shares[-1][0]


def take(items: list[T], draw: float) -> T:
    """Take the item that a draw falls on out of a list; the last one moves to its place."""
    index = int(draw * len(items))
    items[index], items[-1] = items[-1], items[index]
    return items.pop()
