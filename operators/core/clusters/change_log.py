"""The change log: what one item changes is collected as it happens and emitted at the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from operators.core.clusters.members import Member
from operators.core.clusters.outputs import Assignment, Cluster, ClusterEvent, EventKind, Outputs


@dataclass(slots=True)
class TrackedCluster:
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
    """

    number: int
    first_seen: int
    last_seen: int
    medoid: str = ""
    label: str = ""
    terms: tuple[str, ...] = ()
    reviewed: int = 0
    emitted: Cluster | None = None


class ChangeLog:
    """Collects the outputs of one item; a record equal to the one last emitted is left out.

    Attributes:
        last_event: Number of the newest event.
    """

    def __init__(self, consultation_id: str, model: str) -> None:
        self._consultation_id, self._model = consultation_id, model
        self._moved: dict[str, Assignment] = {}
        self._touched: set[int] = set()
        self._closed: list[TrackedCluster] = []
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
                "" if other is None else _id(other), size,
            )
        )  # fmt: skip

    def touch(self, number: int) -> None:
        """Mark a cluster whose record may have changed."""
        self._touched.add(number)

    def close(self, topic: TrackedCluster) -> None:
        """Record that a cluster has ended."""
        self._touched.discard(topic.number)
        self._closed.append(topic)

    def outputs(
        self, topics: Mapping[int, TrackedCluster], size: Callable[[int], tuple[int, int]]
    ) -> Outputs:
        """Everything collected since the last call; the log is empty afterwards.

        Args:
            topics: The clusters there are, by number.
            size: Proposals and micro-clusters of one.
        """
        clusters = [
            replace(topic.emitted, size=0, micro_clusters=0, last_seen=topic.last_seen)
            for topic in self._closed
            if topic.emitted is not None
        ]
        for number in sorted(self._touched):
            topic = topics[number]
            proposals, micro_clusters = size(number)
            now = Cluster(
                self._consultation_id, _id(number), topic.label, topic.terms, proposals,
                topic.medoid, topic.first_seen, topic.last_seen, micro_clusters,
            )  # fmt: skip
            if now != topic.emitted:
                clusters.append(now)
                topic.emitted = now
        emitted = Outputs(tuple(self._moved.values()), tuple(clusters), tuple(self._events))
        self._moved, self._touched, self._events, self._closed = {}, set(), [], []
        return emitted


def _id(number: int) -> str:
    return f"c{number}"
