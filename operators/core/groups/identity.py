"""Groups keep their numbers from run to run: each inherits that of the largest overlap."""

import numpy as np
from numpy.typing import NDArray

People = NDArray[np.bytes_]
"""Pseudonyms, ascending, ``S16``."""


def match_ids(
    former: People, former_ids: NDArray[np.intp], people: People, groups: NDArray[np.intp], k: int
) -> list[int]:
    """The id of each of k groups.

    The pair of a former and a new group with most people in common comes first; a group that is
    left without a pair gets the smallest number that nobody has.

    Args:
        former: Who was grouped before.
        former_ids: The id of the group of each.
        people: Who is grouped now.
        groups: The group of each, 0 to k - 1.
        k: How many groups there are now.

    >>> people = np.array([b"ann", b"ben", b"eve"], "S16")
    >>> match_ids(people, np.array([0, 0, 1]), people, np.array([1, 1, 0]), 2)
    [1, 0]
    """
    _, before, now = np.intersect1d(former, people, assume_unique=True, return_indices=True)
    pairs, common = np.unique(
        np.column_stack([former_ids[before], groups[now]]), axis=0, return_counts=True
    )
    ids: dict[int, int] = {}
    for place in np.argsort(-common, kind="stable"):  # ties: the smaller numbers first
        old, new = pairs[place].tolist()
        if old not in ids.values() and new not in ids:
            ids[new] = old
    for new in range(k):
        if new not in ids:
            ids[new] = next(free for free in range(k + len(ids)) if free not in ids.values())
    return [ids[new] for new in range(k)]
