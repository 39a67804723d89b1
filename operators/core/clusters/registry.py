"""The clusters that there are, by number."""

from collections.abc import Iterable, Iterator

from operators.core.clusters.change_log import ChangeLog
from operators.core.clusters.named_cluster import NamedCluster
from operators.core.clusters.outputs import ClusterKind


class Registry:
    """Gives numbers, none of them twice; what happens to a cluster goes to the change log.

    Attributes:
        last_number: The newest number given.

    >>> registry = Registry(ChangeLog("c", "toy/1"))
    >>> registry.open(5).number, registry.open(6).number, len(registry)
    (1, 2, 2)
    """

    def __init__(self, change_log: ChangeLog) -> None:
        self._change_log = change_log
        self._clusters: dict[int, NamedCluster] = {}
        self.last_number = 0

    def __len__(self) -> int:
        return len(self._clusters)

    def __iter__(self) -> Iterator[NamedCluster]:
        return iter(self._clusters.values())

    def __getitem__(self, number: int) -> NamedCluster:
        return self._clusters[number]

    @property
    def numbers(self) -> set[int]:
        """Of all clusters that there are."""
        return set(self._clusters)

    def fill(self, clusters: Iterable[NamedCluster]) -> None:
        """Take over the clusters of a snapshot."""
        self._clusters |= {cluster.number: cluster for cluster in clusters}

    def open(self, offset: int, kind: ClusterKind = "topic") -> NamedCluster:
        """A new cluster with the next number."""
        self.last_number += 1
        cluster = NamedCluster(self.last_number, offset, offset, kind=kind)
        self._clusters[cluster.number] = cluster
        return cluster

    def close(self, number: int, offset: int) -> None:
        """Let a cluster end."""
        cluster = self._clusters.pop(number)
        cluster.last_seen = offset
        self._change_log.close(cluster)

    def touch(self, number: int, offset: int) -> None:
        """Record that a proposal joined or left a cluster."""
        self._clusters[number].last_seen = offset
        self._change_log.touch(number)
