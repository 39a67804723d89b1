"""What forming the clusters anew has changed: which ones were split off, and which merged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.id_matching import match_ids


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """The new clusters of the micro-clusters.

    Attributes:
        clusters: Number of each one's cluster now (micro-clusters,).
        split: New clusters: number, the one that most of it comes from, proposals.
        merged: Ended clusters: number, the one that most of it goes to, proposals.
    """

    clusters: NDArray[np.int64]
    split: tuple[tuple[int, int, int], ...]
    merged: tuple[tuple[int, int, int], ...]


def compare(
    before: NDArray[np.int64],
    groups: NDArray[np.int64],
    counts: NDArray[np.int64],
    next_number: int,
) -> ClusterChanges:
    """Let new groups inherit the clusters' numbers, and say what became of the clusters.

    Args:
        before: Number of each one's cluster (micro-clusters,).
        groups: Group of each one now (micro-clusters,).
        counts: Proposals of each one (micro-clusters,).
        next_number: The first number for groups that inherit none.

    >>> found = compare(np.array([1, 1, 2]), np.array([0, 7, 8]), np.array([5, 1, 4]), 3)
    >>> found.clusters.tolist(), found.split, found.merged
    ([1, 3, 2], ((3, 1, 1),), ())
    """
    heirs = match_ids(before, groups, counts)
    numbers = dict(heirs)
    split: list[tuple[int, int, int]] = []
    for group in np.unique(groups).tolist():
        if group not in numbers:
            numbers[group] = next_number + len(split)
            inside = groups == group
            origin = _heaviest(before[inside], counts[inside])
            split.append((numbers[group], origin, int(counts[inside].sum())))
    now = np.array([numbers[group] for group in groups.tolist()], np.int64)
    merged = []
    for number in sorted(set(before.tolist()) - set(heirs.values())):
        inside = before == number
        into = _heaviest(now[inside], counts[inside])
        merged.append((number, into, int(counts[inside].sum())))
    return ClusterChanges(now, tuple(split), tuple(merged))


def _heaviest(numbers: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """The number with the greatest count in all; of equal ones the smallest."""
    found, places = np.unique(numbers, return_inverse=True)
    return int(found[np.bincount(places, weights=counts).argmax()])
