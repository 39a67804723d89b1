"""Totals: the sum and count of each cluster, kept up to date so that no insert adds them up."""

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.micro_clusters import MicroClusters


class Totals:
    """Each cluster as the sum of its vectors; sums are exact, so that no error builds up."""

    def __init__(self, micro: MicroClusters) -> None:
        numbers, places = np.unique(micro.cluster, return_inverse=True)
        sums = np.zeros((len(numbers), micro.sums.shape[1]))
        np.add.at(sums, places, micro.sums)
        counts = np.zeros(len(numbers), np.int64)
        np.add.at(counts, places, micro.counts)
        self._rows = MicroClusters(sums, counts, numbers)
        self._place = {number: place for place, number in enumerate(numbers.tolist())}

    def __len__(self) -> int:
        return len(self._rows)

    def sum(self, number: int) -> NDArray[np.float64]:
        """The sum of a cluster's vectors (dimension,)."""
        found: NDArray[np.float64] = self._rows.sums[self._place[number]]
        return found

    def count(self, number: int) -> int:
        """How many members a cluster has; 0 if there is no such cluster."""
        place = self._place.get(number)
        return 0 if place is None else int(self._rows.counts[place])

    def table(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Number (clusters,), sum (clusters, dimension) and count (clusters,), by number."""
        order = self._rows.cluster.argsort()
        return self._rows.cluster[order], self._rows.sums[order], self._rows.counts[order]

    def nearest(self, vector: NDArray[np.float64]) -> int:
        """The cluster with the nearest centroid, of equal ones the oldest; there is at least one.

        The order of the rows has no meaning: it is another one after a snapshot.
        """
        cosines = self._rows.cosines(vector)
        return int(self._rows.cluster[cosines == cosines.max()].min())

    def add(self, number: int, vector: NDArray[np.float64]) -> None:
        """Add a member to a cluster, which may be new."""
        place = self._place.get(number)
        if place is None:
            self._place[number] = self._rows.open(vector, number)
        else:
            self._rows.add(place, vector)

    def take(self, number: int, vector: NDArray[np.float64]) -> None:
        """Remove a member; an empty cluster is removed."""
        place = self._place[number]
        self._rows.take(place, vector)
        if not self._rows.counts[place]:
            del self._place[number]
            last = len(self._rows) - 1
            if place != last:
                self._place[int(self._rows.cluster[last])] = place
            self._rows.drop(place)
