"""Random numbers by counting: draw `n` of a stream is a function of (seed, stream, n) alone.

Any part of some traffic can be drawn anywhere, in any order and in chunks of any size, and a
re-vote can look up the vote it repeats without anything being remembered.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.split_mix import GOLDEN, finalised

Numbers = NDArray[np.int64]
Bits = NDArray[np.uint64]
Floats = NDArray[np.float64]

_MASK: Final = 2**64 - 1
_BLOCK: Final = 4_096
SLOTS: Final = 65_536


def mixed(numbers: Numbers, seed: int, stream: int) -> Bits:
    """64 random bits for each number."""
    salt = ((seed << 8 | stream) * GOLDEN) & _MASK
    x = numbers.astype(np.uint64)
    x *= np.uint64(GOLDEN)
    x += np.uint64(salt ^ salt >> 29)
    return finalised(x)


def uniform(numbers: Numbers, seed: int, stream: int) -> Floats:
    """A number from 0 up to, not including, 1 for each number."""
    return (mixed(numbers, seed, stream) >> np.uint64(11)) * 2.0**-53


def rows(seed: int, streams: range) -> Iterator[list[float]]:
    """Yield for ever, for each number from 0 on, its uniform draw of each stream."""
    for first in count(0, _BLOCK):
        numbers = np.arange(first, first + _BLOCK)
        yield from np.column_stack([uniform(numbers, seed, s) for s in streams]).tolist()


def zipf(draws: Floats, size: "Numbers | int", exponent: float) -> Numbers:
    """Ranks from 0 to size - 1, rank r about as often as (r + 1) ** -exponent.

    The inverse of the continuous distribution, so that no table of the ranks is needed.

    >>> zipf(np.array([0.0, 0.5, 0.999]), 100, 0.0).tolist()
    [0, 50, 99]
    >>> zipf(np.array([0.0, 0.5, 0.999]), 100, 1.0).tolist()
    [0, 9, 99]
    """
    top = np.asarray(size, dtype=np.float64) + 1
    if exponent == 1:
        x = np.exp(draws * np.log(top))
    elif exponent == 0:
        x = 1 + draws * (top - 1)
    else:
        x = (1 + draws * (top ** (1 - exponent) - 1)) ** (1 / (1 - exponent))
    return np.minimum(x.astype(np.int64), np.asarray(size)) - 1


def slots(weights: list[float]) -> NDArray[np.uint8]:
    """A table that turns 16 random bits into the number of a weight, in proportion.

    >>> np.bincount(slots([1, 3])).tolist()
    [16384, 49152]
    """
    bounds = np.cumsum(weights) / sum(weights) * SLOTS
    return np.searchsorted(bounds, np.arange(SLOTS), side="right").astype(np.uint8)


class Shares:
    """Names that are drawn in proportion to their shares.

    Args:
        shares: Name to share, in any unit; at most 256 names.

    Attributes:
        names: In the order of their numbers.

    Example:
        >>> Shares({"app": 45, "web": 40, "widget": 15}).name(0.5)
        'web'
    """

    def __init__(self, shares: Mapping[str, float]) -> None:
        self.names = tuple(shares)
        self._table = slots(list(shares.values()))
        self._bytes = self._table.tobytes()

    def numbers(self, bits: Numbers) -> NDArray[np.uint8]:
        """The numbers of the names that some 16 random bits each fall on."""
        return self._table[bits]

    def number(self, draw: float) -> int:
        """The number of the name that a draw from 0 to 1 falls on."""
        return self._bytes[int(draw * SLOTS)]

    def name(self, draw: float) -> str:
        """The name that a draw from 0 to 1 falls on."""
        return self.names[self.number(draw)]
