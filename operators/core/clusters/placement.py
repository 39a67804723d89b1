"""Where the proposals of one consultation lie: in which micro-cluster, and so in which cluster."""

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters import micro_clusters, snapshots
from operators.core.clusters.fixed_point import SCALE, centred, cosine, quantise
from operators.core.clusters.members import Member, MemberTable
from operators.core.clusters.micro_clusters import (
    MAX_MICRO_CLUSTERS,
    NEAR,
    NEARER_BY,
    MicroClusters,
)
from operators.core.clusters.thresholds import FIRST, LAST, Thresholds, calibrate
from operators.core.clusters.totals import Totals
from operators.core.clusters.unreadable import UnreadableTexts


class Placement:
    """Vectors, and what follows from them; what is emitted is `clusters.Clusters`' concern.

    Attributes:
        thresholds: Those in force.
        members: The proposals.
        micro: The micro-clusters.
        totals: The clusters' sums.
        unreadable: The proposals without a vector: they join nothing and nothing joins them.
        full: Whether room must be made before a micro-cluster can be opened.
    """

    def __init__(self, dimension: int, defaults: Thresholds) -> None:
        self.thresholds = defaults
        self.members = MemberTable(np.zeros((0, dimension), np.int16), np.zeros(0, np.int64))
        self.micro = MicroClusters(
            np.zeros((0, dimension)), np.zeros(0, np.int64), np.zeros(0, np.int64)
        )
        self.totals = Totals(self.micro)
        self.unreadable = UnreadableTexts()
        self._dimension = dimension
        self._centre = np.zeros(dimension)
        self._near = NEAR
        self._calibrated = False

    @property
    def full(self) -> bool:  # noqa: D102 - described above
        return len(self.micro) >= MAX_MICRO_CLUSTERS

    @property
    def vector_bytes(self) -> int:
        """Of the proposals' vectors and the sums of micro-clusters and clusters."""
        sums = len(self.micro) + len(self.totals)
        return len(self.members) * self._dimension * 2 + sums * self._dimension * 8

    def quantised(self, vector: NDArray[np.float32]) -> NDArray[np.int16]:
        """A vector as it is kept.

        Raises:
            ValueError: It is of another dimension, or has no direction.
        """
        if vector.shape != (self._dimension,):
            raise ValueError(f"need a vector of {self._dimension} numbers, got {vector.shape}")
        return quantise(vector)

    def centred(self, vector: NDArray[np.int16]) -> NDArray[np.float64]:
        """A vector (dimension,) as it is compared."""
        found: NDArray[np.float64] = centred(vector[None], self._centre)[0]
        return found

    def vectors(self, rows: NDArray[np.int64] | list[int]) -> NDArray[np.float64]:
        """Those of some rows (rows, dimension), as they are compared."""
        return centred(self.members.vectors[rows], self._centre)

    def inside(self, number: int) -> tuple[list[Member], NDArray[np.float64], NDArray[np.float64]]:
        """The proposals of a cluster, their vectors (rows, dimension) and the sum of these."""
        rows = self.members.in_any(self.micro.cluster == number)
        found = [self.members.rows[row] for row in rows.tolist()]
        return found, self.vectors(rows), self.totals.sum(number)

    def similarity(self, row: int, number: int) -> float:
        """Cosine of a proposal and the centroid of a cluster."""
        return cosine(self.vectors([row])[0], self.totals.sum(number))

    def known(self, proposal: str) -> Member | None:
        """The proposal; None: it is in no cluster."""
        return self.members.get(proposal) or self.unreadable.get(proposal)

    def number_of(self, proposal: str) -> int:
        """The number of the cluster that a proposal is in."""
        if self.unreadable.get(proposal):
            return self.unreadable.number
        row = self.members.row(proposal)
        return int(self.micro.cluster[self.members.micro[row]])

    def size_of(self, number: int) -> tuple[int, int]:
        """Proposals and micro-clusters of a cluster."""
        if number == self.unreadable.number:
            return len(self.unreadable), 0
        return self.totals.count(number), int(np.count_nonzero(self.micro.cluster == number))

    def join(self, vector: NDArray[np.float64]) -> int | None:
        """Add a vector to the micro-cluster, or else to the cluster, that is near enough.

        Returns:
            The place of the micro-cluster; None: no cluster is near enough.
        """
        if not len(self.micro):
            return None
        near, similarity = self.micro.nearest(vector)
        if similarity >= max(self._near, self.thresholds.micro):
            self.micro.add(near, vector)
            return near
        number = self.totals.nearest(vector)
        total, members = self.totals.sum(number), self.totals.count(number)
        mean = float(total @ vector) / (members * SCALE**2)
        return self.micro.open(vector, number) if mean >= self.thresholds.macro else None

    def remove(self, row: int) -> int:
        """Take a row out; returns the number of the cluster that it was in."""
        place = int(self.members.micro[row])
        number = int(self.micro.cluster[place])
        vector = self.vectors([row])[0]
        self.micro.take(place, vector)
        self.totals.take(number, vector)
        self.members.remove(row)
        if not self.micro.counts[place]:
            moved = self.micro.drop(place)
            micro = self.members.micro
            self.members.replace(np.where(micro == moved, place, micro))
        return number

    def relabel(self, clusters: NDArray[np.int64]) -> None:
        """Put each micro-cluster into a cluster."""
        self.micro.relabel(clusters)
        self.totals = Totals(self.micro)

    def calibrate(self, arrivals: int) -> None:
        """Take the mean of the first proposals away from all, and measure what is near then.

        What all proposals of a consultation share is no topic (J. Mu and P. Viswanath,
        "All-but-the-top", ICLR 2018), and it is what differs between consultations.

        Args:
            arrivals: So many proposals have arrived; once they are enough, this does nothing more.
        """
        if self._calibrated or len(self.members) < FIRST:
            return
        first = self.members.vectors[:LAST]
        self._centre = np.rint(first.sum(0, dtype=np.float64) / len(first))
        self.thresholds = calibrate(centred(first, self._centre))
        self._calibrated = arrivals >= LAST
        self.micro = self._summed(self.micro.cluster.copy())

    def fold(self) -> None:
        """Make room among the micro-clusters."""
        self.members.replace(self.micro.fold()[self.members.micro])
        self._near = max(self._near - NEARER_BY, self.thresholds.micro)

    def snapshot(self) -> snapshots.Placed:
        """Everything, to go on from."""
        return snapshots.Placed(
            dimension=self._dimension,
            thresholds=self.thresholds,
            centre=self._centre.astype("<f8").tobytes(),
            near=self._near,
            calibrated=self._calibrated,
            micro_cluster=self.micro.cluster.astype("<i8").tobytes(),
            vectors=self.members.vectors.astype("<i2").tobytes(),
            member_micro=self.members.micro.astype("<i4").tobytes(),
            members=[snapshots.row(member) for member in self.members.rows],
            unreadable=[snapshots.row(member) for member in self.unreadable.members],
            unreadable_number=self.unreadable.number,
        )

    @classmethod
    def restore(cls, placed: snapshots.Placed) -> "Placement":
        """Go on where a snapshot was taken."""
        placement = cls(placed.dimension, placed.thresholds)
        placement._calibrated, placement._near = placed.calibrated, placed.near
        placement._centre = np.frombuffer(placed.centre, "<f8").copy()
        vectors = np.frombuffer(placed.vectors, "<i2").reshape(-1, placed.dimension)
        micro = np.frombuffer(placed.member_micro, "<i4").astype(np.int64)
        for row, vector, place in zip(placed.members, vectors, micro.tolist(), strict=True):
            placement.members.append(row.member(), vector, place)
        for row in placed.unreadable:
            placement.unreadable.add(row.member())
        placement.unreadable.number = placed.unreadable_number
        cluster = np.frombuffer(placed.micro_cluster, "<i8").astype(np.int64)
        placement.micro = placement._summed(cluster)
        placement.totals = Totals(placement.micro)
        return placement

    def append(self, member: Member, vector: NDArray[np.int16], place: int) -> None:
        """Record a proposal whose vector was added at a place."""
        self.members.append(member, vector, place)

    def _summed(self, cluster: NDArray[np.int64]) -> MicroClusters:
        """The micro-clusters of the members as they are."""
        vectors = centred(self.members.vectors, self._centre)
        return micro_clusters.summed(vectors, self.members.micro, cluster)
