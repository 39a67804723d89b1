"""A cluster's number, name and age: what is known of it beside its proposals."""

from dataclasses import dataclass
from typing import Final

from operators.core.clusters.outputs import Cluster, ClusterKind

GROWTH: Final = 1.25
"""A cluster's name is reviewed again when the cluster has grown by this factor."""


@dataclass(slots=True)
class NamedCluster:
    """A cluster as last emitted.

    Attributes:
        number: Its number, never used again.
        first_seen: Offset at which it was opened.
        last_seen: Offset at which a proposal last joined or left it.
        medoid: The proposal that it is named after.
        label: Its name.
        terms: Its words.
        reviewed: Proposals in it when its name was last looked for.
        emitted: The record last emitted for it; None: nothing yet.
        kind: As in `outputs.Cluster`.
    """

    number: int
    first_seen: int
    last_seen: int
    medoid: str = ""
    label: str = ""
    terms: tuple[str, ...] = ()
    reviewed: int = 0
    emitted: Cluster | None = None
    kind: ClusterKind = "topic"

    def has_grown(self, size: int) -> bool:
        """Whether it has so many more proposals, now `size`, that its name is reviewed."""
        return size >= GROWTH * self.reviewed

    def has_shrunk(self, size: int) -> bool:
        """Whether it has so many fewer."""
        return size * GROWTH <= self.reviewed
