"""Likeness: people whose ballots are mostly the same, without comparing everybody with everybody.

A. Z. Broder, "On the resemblance and containment of documents" (1997): two sets have the same least
element under a random order with the probability of their Jaccard index (common by all elements).
Bands of 4 such least elements put people with much in common into one bucket (P. Indyk, R. Motwani,
"Approximate nearest neighbors", 1998). Five people with 25 ballots in common and 3 others each meet
in one of the 32 bands with probability 0.995; people with a tenth in common hardly ever do.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.split_mix import finalised

Ints = NDArray[np.int64]
Signatures = NDArray[np.uint32]

BANDS: Final = 32
ROWS: Final = 4
_SEED: Final = 20_190_526
_CHUNK: Final = 400_000
"""Ballots that are processed at a time, which bounds the memory."""


def signatures(tokens: NDArray[np.uint64], starts: Ints) -> Signatures:
    """Least elements of each person's set of tokens.

    Args:
        tokens: A number for each ballot's proposal and choice; those of a person are adjacent.
        starts: Index of each person's first token, and last the number of tokens (people + 1,).

    Returns:
        Shape (people, BANDS * ROWS).

    >>> tokens = np.array([1, 2, 3, 3, 2, 1, 7, 8], np.uint64)
    >>> found = signatures(tokens, np.array([0, 3, 6, 8]))
    >>> bool((found[0] == found[1]).all()), int((found[0] == found[2]).sum())
    (True, 0)
    """
    draws = np.random.default_rng(_SEED).integers(0, 2**63, (2, BANDS * ROWS), np.uint64)
    people = len(starts) - 1
    found = np.empty((people, BANDS * ROWS), np.uint32)
    first = 0
    while first < people:
        last = int(np.searchsorted(starts, starts[first] + _CHUNK, side="right")) - 1
        last = min(max(last, first + 1), people)
        x = finalised(tokens[starts[first] : starts[last]])
        begins = starts[first:last] - starts[first]
        for column in range(BANDS * ROWS):
            hashed = x * (draws[0, column] | np.uint64(1)) + draws[1, column]
            hashed >>= np.uint64(32)
            found[first:last, column] = np.minimum.reduceat(hashed, begins)
        first = last
    return found


def buckets(found: Signatures, least: int) -> Iterator[Ints]:
    """Sets of people who agree in all rows of a band, of at least this size; each set once.

    >>> rows = np.repeat(np.arange(3, dtype=np.uint32), [2, 3, 1])[:, None]
    >>> [bucket.tolist() for bucket in buckets(np.repeat(rows, BANDS * ROWS, axis=1), 2)]
    [[0, 1], [2, 3, 4]]
    """
    seen = set[bytes]()
    for band in range(BANDS):
        rows = found[:, band * ROWS : (band + 1) * ROWS].astype(np.uint64)
        keys = finalised(rows[:, 0] << np.uint64(32) | rows[:, 1])
        keys = finalised(keys ^ (rows[:, 2] << np.uint64(32) | rows[:, 3]))
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        bounds = np.concatenate(([0], cuts, [len(order)]))
        for at in np.flatnonzero(np.diff(bounds) >= least):
            members = order[bounds[at] : bounds[at + 1]]
            if (key := members.tobytes()) not in seen:
                seen.add(key)
                yield members


def resemblance(found: Signatures, one: int, others: Ints) -> NDArray[np.float64]:
    """Estimated Jaccard index of one person with others."""
    equal: NDArray[np.float64] = np.mean(found[others] == found[one], axis=1)
    return equal
