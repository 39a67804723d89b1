"""How much one consultation's clusters keep."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateSize:
    """How much is kept.

    Attributes:
        micro_clusters: At most `micro_clusters.MAX_MICRO_CLUSTERS`.
        clusters: Groups of them.
        proposals: Accepted ones.
        bytes: Of the vectors, sums and texts; a snapshot is about as long, without the sums.
    """

    micro_clusters: int
    clusters: int
    proposals: int
    bytes: int
