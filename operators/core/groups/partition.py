"""Who is grouped, and into how many groups: a pure function of the current ballots.

>>> [max_groups(base) for base in (10, 12, 36, 100)]
[2, 3, 5, 5]
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.kmeans import kmeans
from operators.core.groups.matrix import Opinions
from operators.core.groups.projection import project
from operators.core.groups.silhouette import distances, mean_silhouette

METHOD: Final = "groups/polis-pca-kmeans/1"
"""Name and version of the method, published beside the groups."""

MIN_BALLOTS: Final = 7
"""Participants with so many ballots are grouped, or with a ballot on every proposal."""

MIN_PARTICIPANTS: Final = 15
"""If fewer participants have enough ballots, those with most ballots are added up to this."""

BASE_CLUSTERS: Final = 100


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


def partition(opinions: Opinions, votes: NDArray[np.int8] | None = None) -> Partition:
    """Group people by their ballots.

    Args:
        opinions: Everybody's ballots.
        votes: Used instead of the votes of `opinions`, such as shuffled ones.
    """
    members = grouped(opinions)
    points = project(opinions, votes)[members]
    if len(np.unique(points, axis=0)) < 3:  # noqa: PLR2004 - two points are no two groups
        return Partition(members, np.zeros(len(members), np.intp), 0, 0.0)
    labels, centres = kmeans(points, np.ones(len(points)), BASE_CLUSTERS)
    sizes = np.bincount(labels).astype(float)
    apart = distances(centres)
    tried = (
        kmeans(centres, sizes, k)[0]
        for k in range(2, min(max_groups(len(centres)), len(centres) - 1) + 1)
    )
    silhouette, _, base_groups = max(
        (mean_silhouette(apart, base_groups), -int(base_groups.max()), base_groups.tolist())
        for base_groups in tried
    )
    return Partition(members, *_by_size(np.array(base_groups)[labels]), silhouette)


def _by_size(labels: NDArray[np.intp]) -> tuple[NDArray[np.intp], int]:
    """Number groups by size, the greatest first; ties by the first person."""
    _, first, labels = np.unique(labels, return_index=True, return_inverse=True)
    order = np.lexsort((first, -np.bincount(labels)))
    return np.argsort(order)[labels], len(order)
