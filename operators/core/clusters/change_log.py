"""The change log: what one item changes is collected as it happens and emitted at the end."""

from collections.abc import Callable
from dataclasses import replace

from operators.core.clusters.members import Member
from operators.core.clusters.named_cluster import NamedCluster
from operators.core.clusters.outputs import Assignment, Cluster, ClusterEvent, EventKind, Outputs
from operators.core.clusters.theme import Theme


class ChangeLog:
    """Collects the outputs of one item; a record equal to the one last emitted is left out.

    Attributes:
        last_event: Number of the newest event.
    """

    def __init__(self, consultation_id: str, model: str) -> None:
        self._consultation_id, self._model = consultation_id, model
        self._moved: dict[str, Assignment] = {}
        self._touched: set[int] = set()
        self._closed: list[NamedCluster] = []
        self._events: list[ClusterEvent] = []
        self.last_event = 0

    def member(self, member: Member, number: int) -> None:
        """Record that a proposal is in a cluster."""
        duplicate = member.duplicate
        self._moved[member.proposal_id] = Assignment(
            self._consultation_id, member.proposal_id, _id(number), _id(member.arrival),
            member.similarity, self._model, member.language, duplicate.of, duplicate.kind,
            duplicate.similarity,
        )  # fmt: skip

    def gone(self, member: Member) -> None:
        """Record that a proposal has left all clusters."""
        self._moved[member.proposal_id] = Assignment(
            self._consultation_id, member.proposal_id, "", _id(member.arrival), 0.0,
            self._model, member.language,
        )  # fmt: skip

    def event(
        self, offset: int, kind: EventKind, number: int, other: int | None, size: int
    ) -> None:
        """Record that a cluster was opened, split, merged or closed."""
        self.last_event += 1
        self._events.append(
            ClusterEvent(
                self._consultation_id, self.last_event, offset, kind, _id(number),
                "" if other is None else _id(other), size, self._model,
            )
        )  # fmt: skip

    def touch(self, number: int) -> None:
        """Mark a cluster whose record may have changed."""
        self._touched.add(number)

    def close(self, cluster: NamedCluster) -> None:
        """A cluster has ended."""
        self._touched.discard(cluster.number)
        self._closed.append(cluster)

    def outputs(
        self,
        cluster_of: Callable[[int], NamedCluster],
        size_of: Callable[[int], tuple[int, int]],
        theme_of: Callable[[int], Theme | None],
    ) -> Outputs:
        """Everything collected since the last call; the log is empty afterwards.

        Args:
            cluster_of: The cluster with a number.
            size_of: Proposals and micro-clusters of one.
            theme_of: Its theme; None: there are no themes yet.
        """
        clusters = [
            replace(closed.emitted, size=0, micro_clusters=0, last_seen=closed.last_seen)
            for closed in self._closed
            if closed.emitted is not None
        ]
        for number in sorted(self._touched):
            named = cluster_of(number)
            proposals, micro_clusters = size_of(number)
            theme = theme_of(number)
            now = Cluster(
                self._consultation_id, _id(number), named.kind, named.label, named.terms,
                proposals, named.medoid, named.first_seen, named.last_seen, micro_clusters,
                self._model, f"t{theme.number}" if theme else "", theme.terms if theme else (),
            )  # fmt: skip
            if now != named.emitted:
                clusters.append(now)
                named.emitted = now
        emitted = Outputs(tuple(self._moved.values()), tuple(clusters), tuple(self._events))
        self._moved, self._touched, self._events, self._closed = {}, set(), [], []
        return emitted


def _id(number: int) -> str:
    return f"c{number}"
