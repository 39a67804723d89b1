"""Ids after regrouping: a new group keeps the id of the old group of most of its members."""

import numpy as np
from numpy.typing import NDArray


def match_ids(
    old: NDArray[np.int64], new: NDArray[np.int64], weights: NDArray[np.int64]
) -> dict[int, int]:
    """The old id of each new group that has one: the greatest overlaps first, each id once.

    Args:
        old: Id of each part before (parts,).
        new: Group of each part now (parts,).
        weights: Members of each part (parts,).

    Returns:
        Old ids by new group. Of equal overlaps the older id (the smaller number) wins.

    >>> match_ids(np.array([1, 1, 2]), np.array([0, 7, 7]), np.array([5, 1, 4]))
    {0: 1, 7: 2}
    """
    overlaps: dict[tuple[int, int], int] = {}
    for was, now, weight in zip(old.tolist(), new.tolist(), weights.tolist(), strict=True):
        overlaps[was, now] = overlaps.get((was, now), 0) + weight
    heirs: dict[int, int] = {}
    taken: set[int] = set()
    for was, now in sorted(overlaps, key=lambda pair: (-overlaps[pair], pair)):
        if now not in heirs and was not in taken:
            heirs[now] = was
            taken.add(was)
    return heirs
