"""Who is grouped, and into how many groups: a pure function of the current ballots.

A group has a least size. People in smaller ones are set aside, the others are grouped without
them, and each of those set aside joins the group whose centre is nearest.

>>> [max_groups(base) for base in (10, 12, 36, 100)]
[2, 3, 5, 5]
>>> [min_size(people) for people in (58, 536, 33_000)]
[5, 6, 330]
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.kmeans import kmeans
from operators.core.groups.matrix import Opinions
from operators.core.groups.projection import project
from operators.core.groups.silhouette import distances, mean_silhouette

METHOD: Final = "groups/polis-pca-kmeans/2"
"""Name and version of the method, published beside the groups."""

MIN_BALLOTS: Final = 7
"""Participants with so many ballots are grouped, or with a ballot on every proposal."""

MIN_PARTICIPANTS: Final = 15
"""If fewer participants have enough ballots, those with most ballots are added up to this."""

BASE_CLUSTERS: Final = 100

MIN_GROUP: Final = 5
"""People in a group, at least: with fewer ballots of each group there is no consensus."""

MIN_GROUP_SHARE: Final = 0.01
"""And at least this share of all who are grouped."""


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """People in groups.

    Attributes:
        members: Who is grouped, as places in `Opinions.participants`, ascending, shape (g,).
        groups: The group of each, from 0 by size, shape (g,).
        k: How many groups there are; 0: too little to group.
        silhouette: Mean silhouette of the base clusters, by which k was chosen; 0 if k is.
    """

    members: NDArray[np.intp]
    groups: NDArray[np.intp]
    k: int
    silhouette: float


def grouped(opinions: Opinions) -> NDArray[np.intp]:
    """Who has enough ballots, as places in `Opinions.participants`, ascending."""
    ballots = opinions.ballots
    enough = ballots >= min(MIN_BALLOTS, len(opinions.proposals))
    if np.count_nonzero(enough) < MIN_PARTICIPANTS:
        # Participants with enough ballots come first anyway; ties by pseudonym.
        enough[np.argsort(-ballots, kind="stable")[:MIN_PARTICIPANTS]] = True
    return np.flatnonzero(enough)


def max_groups(base: int) -> int:
    """The greatest k that is tried with so many base clusters."""
    return min(5, 2 + base // 12)


def min_size(people: int) -> int:
    """The least size of a group of so many people who are grouped."""
    return max(MIN_GROUP, ceil(MIN_GROUP_SHARE * people))


def partition(
    opinions: Opinions, votes: NDArray[np.int8] | None = None, least: int | None = None
) -> Partition:
    """Group people by their ballots.

    Args:
        opinions: Everybody's ballots.
        votes: Used instead of the votes of `opinions`, such as shuffled ones.
        least: The least size of a group; None: `min_size`.
    """
    members = grouped(opinions)
    if not len(members):
        return Partition(members, members, 0, 0.0)
    points = project(opinions, votes)[members]
    labels, centres = kmeans(points, np.ones(len(points)), BASE_CLUSTERS)
    sizes = np.bincount(labels).astype(float)
    least = min_size(len(members)) if least is None else least
    tried = (
        _large_groups(centres, sizes, k, least)
        for k in range(2, min(max_groups(len(centres)), max(2, len(centres) - 1)) + 1)
    )
    found = [
        (silhouette, -int(base_groups.max()), base_groups.tolist())
        for silhouette, base_groups in tried
        if base_groups.max() > 0
    ]
    if not found:
        return Partition(members, np.zeros(len(members), np.intp), 0, 0.0)
    silhouette, _, base_groups = max(found)
    return Partition(members, *_by_size(np.array(base_groups)[labels]), silhouette)


def _large_groups(
    centres: NDArray[np.float64], sizes: NDArray[np.float64], k: int, least: int
) -> tuple[float, NDArray[np.intp]]:
    """At most k groups of base clusters, none with fewer people, and their mean silhouette.

    The silhouette is that of the base clusters that were not set aside.
    """
    kept = np.ones(len(centres), np.bool_)
    while True:
        groups, middles = kmeans(centres[kept], sizes[kept], k)
        people = np.bincount(groups, weights=sizes[kept])
        small = people < least
        if not small.any() or small.all():
            break
        # Grouped without them, the others may fall apart elsewhere.
        kept[np.flatnonzero(kept)[small[groups]]] = False
    nearest = ((centres[:, None, :] - middles) ** 2).sum(axis=2).argmin(axis=1)
    nearest[kept] = groups
    if small.all() or len(middles) == 1:
        return 0.0, np.zeros(len(centres), np.intp)
    return mean_silhouette(distances(centres[kept]), groups), nearest


def _by_size(labels: NDArray[np.intp]) -> tuple[NDArray[np.intp], int]:
    """Number groups by size, the greatest first; ties by the first person."""
    _, first, labels = np.unique(labels, return_index=True, return_inverse=True)
    order = np.lexsort((first, -np.bincount(labels)))
    return np.argsort(order)[labels], len(order)
