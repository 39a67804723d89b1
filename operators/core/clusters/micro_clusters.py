"""The first level: small groups of proposals that say nearly the same, as sums and counts."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.average_link import average_link
from operators.core.clusters.fixed_point import SCALE

MAX_MICRO_CLUSTERS: Final = 2_000
"""Micro-clusters of a consultation."""

FOLDED: Final = 1_800
"""Micro-clusters left after folding: one fold makes room for some hundred more."""

SAME_CLUSTER_BONUS: Final = 0.03
"""Added to the cosine of two proposals of one cluster when clusters are formed anew."""

NEAR: Final = 0.9
"""Cosine from which a proposal joins a micro-cluster while there is room for many."""

NEARER_BY: Final = 0.05
"""`NEAR` falls by this at each fold, down to the threshold of the consultation (as the
threshold of BIRCH rises: T. Zhang, R. Ramakrishnan, M. Livny, SIGMOD 1996)."""


class MicroClusters:
    """Leader clustering (J. A. Hartigan, "Clustering Algorithms", 1975, chapter 3).

    Attributes:
        sums: Sum of the members' vectors (micro-clusters, dimension).
        counts: Members (micro-clusters,).
        cluster: Number of the cluster that each belongs to (micro-clusters,).
    """

    def __init__(
        self,
        sums: NDArray[np.float64],
        counts: NDArray[np.int64],
        cluster: NDArray[np.int64],
    ) -> None:
        self._used = len(counts)
        self._sums, self._counts, self._cluster = sums, counts, cluster
        self._lengths = _lengths(sums)

    @property
    def sums(self) -> NDArray[np.float64]:  # noqa: D102 - described above
        return self._sums[: self._used]

    @property
    def counts(self) -> NDArray[np.int64]:  # noqa: D102 - described above
        return self._counts[: self._used]

    @property
    def cluster(self) -> NDArray[np.int64]:  # noqa: D102 - described above
        return self._cluster[: self._used]

    def __len__(self) -> int:
        return self._used

    def nearest(self, vector: NDArray[np.float64]) -> tuple[int, float]:
        """The micro-cluster with the nearest centroid, and the cosine; there is at least one."""
        cosines = self.cosines(vector)
        found = int(cosines.argmax())
        return found, float(cosines[found]) / float(np.sqrt(vector @ vector))

    def cosines(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cosine of each centroid and a vector, times the vector's length (micro-clusters,)."""
        return (self.sums @ vector) / self._lengths[: self._used]

    def open(self, vector: NDArray[np.float64], cluster: int) -> int:
        """Add a micro-cluster of one member; returns its index."""
        if self._used == len(self._counts):
            self._grow()
        place = self._used
        self._used += 1
        self._sums[place], self._counts[place], self._cluster[place] = vector, 1, cluster
        self._lengths[place] = np.sqrt(vector @ vector)
        return place

    def add(self, place: int, vector: NDArray[np.float64]) -> None:
        """Add a member."""
        self._change(place, self._sums[place] + vector, 1)

    def take(self, place: int, vector: NDArray[np.float64]) -> None:
        """Remove a member; an empty micro-cluster stays until `drop`."""
        self._change(place, self._sums[place] - vector, -1)

    def drop(self, place: int) -> int:
        """Remove an empty one; returns the former index of the last one, which takes its place."""
        self._used -= 1
        last = self._used
        for column in (self._sums, self._counts, self._cluster, self._lengths):
            column[place] = column[last]
        return last

    def group(self, floor: float, down_to: int = 1) -> NDArray[np.int64]:
        """Group all micro-clusters by average link down to `floor`; returns the group of each.

        The cosine of two of one cluster counts `SAME_CLUSTER_BONUS` more, so that clusters that
        are nearly as good as others stay.
        """
        together = self.cluster[:, None] == self.cluster[None, :]
        products = self.sums @ self.sums.T
        products += together * (SAME_CLUSTER_BONUS * SCALE**2) * np.outer(self.counts, self.counts)
        return average_link(products, self.counts, floor * SCALE**2, down_to=down_to)

    def fold(self) -> NDArray[np.int64]:
        """Join the nearest two of one cluster until `FOLDED` are left; returns the new indices.

        More than that are left where there are more clusters.
        """
        joined = average_link(
            self.sums @ self.sums.T, self.counts, -np.inf, down_to=FOLDED, within=self.cluster
        )
        kept, places = np.unique(joined, return_inverse=True)
        sums = np.zeros((len(kept), self._sums.shape[1]))
        np.add.at(sums, places, self.sums)
        counts = np.zeros(len(kept), np.int64)
        np.add.at(counts, places, self.counts)
        self._sums, self._counts, self._cluster = sums, counts, self.cluster[kept]
        self._lengths, self._used = _lengths(sums), len(kept)
        return places

    def relabel(self, clusters: NDArray[np.int64]) -> None:
        """Set the cluster of each micro-cluster."""
        self._cluster[: self._used] = clusters

    def _change(self, place: int, total: NDArray[np.float64], members: int) -> None:
        self._sums[place] = total
        self._counts[place] += members
        self._lengths[place] = np.sqrt(total @ total)

    def _grow(self) -> None:
        room = max(64, len(self._counts))
        self._sums = np.vstack([self._sums, np.zeros((room, self._sums.shape[1]))])
        self._counts = np.concatenate([self._counts, np.zeros(room, np.int64)])
        self._cluster = np.concatenate([self._cluster, np.zeros(room, np.int64)])
        self._lengths = np.concatenate([self._lengths, np.ones(room)])


def summed(
    vectors: NDArray[np.float64], micro: NDArray[np.int64], cluster: NDArray[np.int64]
) -> MicroClusters:
    """The micro-clusters of given members.

    Args:
        vectors: The members' (members, dimension).
        micro: The place of each one's micro-cluster (members,).
        cluster: Number of the cluster of each micro-cluster (micro-clusters,).
    """
    sums = np.zeros((len(cluster), vectors.shape[1]))
    np.add.at(sums, micro, vectors)
    counts = np.bincount(micro, minlength=len(cluster)).astype(np.int64)
    return MicroClusters(sums, counts, cluster)


def _lengths(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", sums, sums)
    return np.sqrt(squares)
