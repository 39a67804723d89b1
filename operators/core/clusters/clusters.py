"""Clusters of one consultation: proposals by what they are about, incrementally.

Two levels. A proposal joins the micro-cluster with the nearest centroid if it is near enough, or
opens one (leader clustering). Every so many proposals the micro-clusters are grouped anew by
average link, and the groups inherit the ids of the clusters that most of their members come from.
Between two such steps a new micro-cluster joins the cluster with the nearest centroid, if the
average link allows it, or opens one.

The same items in the same order give the same outputs, bit by bit: there is no clock and no chance
in it, and the arithmetic is exact (`fixed_point`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters import labels, snapshots
from operators.core.clusters.change_log import ChangeLog, TrackedCluster
from operators.core.clusters.fixed_point import SCALE, centred, quantise
from operators.core.clusters.id_matching import inherit
from operators.core.clusters.item import Item
from operators.core.clusters.members import Member, MemberTable
from operators.core.clusters.micro_clusters import FOLDED, MOST, NEAR, NEARER_BY, MicroClusters
from operators.core.clusters.near_duplicates import Duplicate, Duplicates
from operators.core.clusters.normalise import plain
from operators.core.clusters.outputs import Outputs
from operators.core.clusters.thresholds import FIRST, LAST, Thresholds, calibrate
from operators.core.clusters.totals import Totals
from operators.core.clusters.vocabulary import Vocabulary
from operators.core.clusters.words import words

METHOD: Final = "clusters/two-level-average-link/3"
"""Name and version of the rules."""

STEP: Final = 25
"""New proposals after which clusters are formed anew, at least."""

STEP_SHARE: Final = 0.1
"""The same as a share of the proposals: the steps' total cost stays in proportion to them."""

GROWTH: Final = 1.25
"""A cluster's name is reviewed again when the cluster has grown by this factor."""

ACCEPTED: Final = "accepted"


@dataclass(frozen=True, slots=True)
class StateSize:
    """How much is kept of one consultation.

    Attributes:
        micro_clusters: At most `micro_clusters.MOST`.
        clusters: Topics.
        proposals: Accepted ones.
        bytes: Of the vectors, sums and texts; a snapshot is about as long, without the sums.
    """

    micro_clusters: int
    clusters: int
    proposals: int
    bytes: int


class Clusters:
    """One consultation's clusters.

    A proposal takes two bytes a dimension, its text and ids and about 100 bytes in a snapshot, and
    as Python objects about 1 kB more; the micro-clusters take at most 6 MB with 384 dimensions.

    >>> clusters = Clusters("c", "toy/1", 2, Thresholds())
    >>> item = Item("c", "p", "More trees", "en", "accepted", 7)
    >>> emitted = clusters.on_item(item, np.array([1, 0], np.float32))
    >>> emitted.assignments[0].cluster_id, emitted.clusters[0].label, emitted.events[0].kind
    ('c1', 'More trees', 'opened')
    """

    def __init__(
        self, consultation_id: str, model: str, dimension: int, defaults: Thresholds
    ) -> None:
        self._consultation_id, self._model, self._dimension = consultation_id, model, dimension
        self._thresholds = defaults
        self._centre = np.zeros(dimension)
        self._near = NEAR
        self._calibrated = False
        self._micro = MicroClusters(
            np.zeros((0, dimension)), np.zeros(0, np.int64), np.zeros(0, np.int64)
        )
        self._totals = Totals(self._micro)
        self._members = MemberTable(np.zeros((0, dimension), np.int16), np.zeros(0, np.int64))
        self._topics: dict[int, TrackedCluster] = {}
        self._duplicates = Duplicates()
        self._copies: dict[str, set[str]] = {}
        self._vocabulary = Vocabulary()
        self._change_log = ChangeLog(consultation_id, model)
        self._offset = -1
        self._arrivals = self._since = self._last_number = 0

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds in use."""
        return self._thresholds

    @property
    def since_step(self) -> int:
        """Proposals that have arrived since clusters were last formed anew."""
        return self._since

    @property
    def size(self) -> StateSize:
        """How much is kept."""
        vectors = len(self._members) * self._dimension * 2
        sums = (len(self._micro) + len(self._topics)) * self._dimension * 8
        return StateSize(
            micro_clusters=len(self._micro),
            clusters=len(self._topics),
            proposals=len(self._members),
            bytes=vectors + sums + self._vocabulary.text_bytes,
        )

    def needs_vector(self, item: Item) -> bool:
        """Whether `on_item` needs a vector: the proposal is accepted and its text is new."""
        if item.offset <= self._offset or item.status != ACCEPTED:
            return False
        known = self._members.get(item.proposal_id)
        return known is None or plain(known.text) != plain(item.text)

    def on_item(self, item: Item, vector: NDArray[np.float32] | None) -> Outputs:
        """Add, move or remove a proposal; an item that was seen before changes nothing.

        Args:
            item: The next one, by offset.
            vector: Of its text (dimension,), of any length but 0; not needed where
                `needs_vector` says no.

        Raises:
            ValueError: It is another consultation's, or the vector is missing or does not fit.
        """
        if item.consultation_id != self._consultation_id:
            raise ValueError(f"need an item of {self._consultation_id!r}: {item.consultation_id!r}")
        if item.offset <= self._offset:
            return Outputs()
        if self.needs_vector(item):
            self._arrive(item, self._fitting(vector))
        elif item.status == ACCEPTED:
            self._reword(item)
        else:
            row = self._members.row(item.proposal_id)
            if row is not None:
                self._leave(row, item.offset)
        self._offset = item.offset
        return self._change_log.outputs(self._topics, self._size_of)

    def snapshot(self) -> bytes:
        """The whole state as bytes, for `restore`; `Clusters` says how long it is."""
        return snapshots.encode(
            snapshots.State(
                consultation_id=self._consultation_id,
                model=self._model,
                dimension=self._dimension,
                thresholds=self._thresholds,
                centre=self._centre.astype("<f8").tobytes(),
                near=self._near,
                calibrated=self._calibrated,
                offset=self._offset,
                arrivals=self._arrivals,
                since=self._since,
                last_number=self._last_number,
                last_event=self._change_log.last_event,
                micro_cluster=self._micro.cluster.astype("<i8").tobytes(),
                vectors=self._members.vectors.astype("<i2").tobytes(),
                member_micro=self._members.micro.astype("<i4").tobytes(),
                members=[
                    snapshots.MemberRow(
                        m.proposal_id, m.text, m.language, m.offset, m.arrival, m.similarity,
                        m.duplicate,
                    )
                    for m in self._members.rows
                ],
                topics=[
                    snapshots.ClusterRow(
                        t.number, t.first_seen, t.last_seen, t.medoid, t.label, t.terms, t.reviewed,
                        t.emitted,
                    )
                    for t in self._topics.values()
                ],
            )
        )  # fmt: skip

    @classmethod
    def restore(cls, data: bytes) -> "Clusters":
        """Take the state from a snapshot.

        Raises:
            TerminalError: It is none, or of another version.
        """
        state = snapshots.decode(data)
        clusters = cls(state.consultation_id, state.model, state.dimension, state.thresholds)
        clusters._fill(state)
        return clusters

    def _fill(self, state: snapshots.State) -> None:
        self._calibrated = state.calibrated
        self._near = state.near
        self._centre = np.frombuffer(state.centre, "<f8").copy()
        self._offset, self._arrivals, self._since = state.offset, state.arrivals, state.since
        self._last_number = state.last_number
        self._change_log.last_event = state.last_event
        cluster = np.frombuffer(state.micro_cluster, "<i8").astype(np.int64)
        vectors = np.frombuffer(state.vectors, "<i2").reshape(-1, self._dimension)
        micro = np.frombuffer(state.member_micro, "<i4").astype(np.int64)
        for row, vector, place in zip(state.members, vectors, micro.tolist(), strict=True):
            member = Member(
                row.proposal_id, row.text, row.language, row.offset, row.arrival, row.similarity,
                row.duplicate, _words(row.text, row.language),
            )  # fmt: skip
            self._members.append(member, vector, place)
            self._vocabulary.add(member)
            self._link(member)
        self._micro = self._summed(cluster)
        self._totals = Totals(self._micro)
        for member in sorted(self._members.rows, key=lambda member: member.offset):
            self._duplicates.add(member.proposal_id, member.text, member.offset, member.language)
        for name in state.topics:
            self._topics[name.number] = TrackedCluster(
                name.number, name.first_seen, name.last_seen, name.medoid, name.label, name.terms,
                name.reviewed, name.emitted,
            )  # fmt: skip

    def _fitting(self, vector: NDArray[np.float32] | None) -> NDArray[np.int16]:
        if vector is None or vector.shape != (self._dimension,):
            shape = None if vector is None else vector.shape
            raise ValueError(f"need a vector of {self._dimension} numbers, got {shape}")
        return quantise(vector)

    def _arrive(self, item: Item, vector: NDArray[np.int16]) -> None:
        """Put a text into a cluster.

        The proposal's former text leaves afterwards, so that a cluster that it is alone in goes on.
        """
        former = self._members.row(item.proposal_id)
        wide = centred(vector[None], self._centre)[0]
        place = self._settle(wide, item.offset)
        number = int(self._micro.cluster[place])
        self._totals.add(number, wide)
        member = Member(
            item.proposal_id, item.text, item.language, item.offset, number,
            _cosine(wide, self._totals.sum(number)), Duplicate(), _words(item.text, item.language),
        )  # fmt: skip
        self._members.append(member, vector, place)
        self._vocabulary.add(member)
        if former is not None:
            self._leave(former, item.offset)
        member.duplicate = self._duplicates.find(item.text, item.offset, item.language)
        self._duplicates.add(item.proposal_id, item.text, item.offset, item.language)
        self._log_member(member, number)
        self._touch(number, item.offset)
        self._arrivals += 1
        self._since += 1
        if self._grown(number):
            self._review(number)
        if self._since >= max(STEP, int(STEP_SHARE * len(self._members))):
            self._regroup(item.offset)

    def _settle(self, vector: NDArray[np.float64], offset: int) -> int:
        """The index of the micro-cluster that a vector is added to."""
        if len(self._micro) >= MOST:
            self._fold(offset)
        if len(self._micro):
            near, cosine = self._micro.nearest(vector)
            if cosine >= max(self._near, self._thresholds.micro):
                self._micro.add(near, vector)
                return near
            number = self._totals.nearest(vector)
            total, members = self._totals.sum(number), self._totals.count(number)
            mean = float(total @ vector) / (members * SCALE**2)
            if mean >= self._thresholds.macro:
                return self._micro.open(vector, number)
        topic = self._open(offset)
        self._change_log.event(offset, "opened", topic.number, None, 1)
        return self._micro.open(vector, topic.number)

    def _leave(self, row: int, offset: int) -> None:
        """Remove a row from its micro-cluster and its cluster."""
        member, place = self._members.rows[row], int(self._members.micro[row])
        number = int(self._micro.cluster[place])
        vector = self._vectors([row])[0]
        self._micro.take(place, vector)
        self._totals.take(number, vector)
        self._members.remove(row)
        if not self._micro.counts[place]:
            moved = self._micro.drop(place)
            micro = self._members.micro
            self._members.replace(np.where(micro == moved, place, micro))
        self._vocabulary.remove(member)
        self._duplicates.remove(member.text, member.offset)
        if self._members.row(member.proposal_id) is None:
            self._change_log.gone(member)
        self._copies.get(member.duplicate.of, set()).discard(member.proposal_id)
        self._relink(member.proposal_id)
        size = self._totals.count(number)
        if not size:
            self._change_log.event(offset, "closed", number, None, 0)
            self._close(number, offset)
            return
        self._touch(number, offset)
        if self._topics[number].medoid == member.proposal_id or self._shrunk(number, size):
            self._review(number)

    def _relink(self, proposal: str) -> None:
        """Proposals that repeat a removed text now repeat another one, or none."""
        copies = [self._members.get(copy) for copy in self._copies.pop(proposal, set())]
        for member in sorted((m for m in copies if m is not None), key=lambda m: m.offset):
            if member.duplicate.of == proposal:
                member.duplicate = self._duplicates.find(
                    member.text, member.offset, member.language
                )
                self._log_member(member, self._number(member))

    def _reword(self, item: Item) -> None:
        """Update a proposal whose text is the same but for its language or its spaces."""
        member = self._members.get(item.proposal_id)
        if member is None or (member.text, member.language) == (item.text, item.language):
            return
        self._vocabulary.remove(member)
        self._duplicates.remove(member.text, member.offset)
        self._duplicates.add(member.proposal_id, item.text, member.offset, item.language)
        relabelled = member.language != item.language
        member.text, member.language = item.text, item.language
        member.words = _words(item.text, item.language)
        self._vocabulary.add(member)
        if relabelled:
            self._log_member(member, self._number(member))

    def _regroup(self, offset: int) -> None:
        """Form the clusters anew."""
        self._since = 0
        if not self._calibrated and len(self._members) >= FIRST:
            self._calibrate()
        self._rename(self._micro.group(self._thresholds.macro), offset)

    def _calibrate(self) -> None:
        """Take the mean of the first proposals away from all, and measure what is near then.

        What all proposals of a consultation share is no topic (J. Mu and P. Viswanath,
        "All-but-the-top", ICLR 2018), and it is what differs between consultations.
        """
        first = self._members.vectors[:LAST]
        self._centre = np.rint(first.sum(0, dtype=np.float64) / len(first))
        self._thresholds = calibrate(centred(first, self._centre))
        self._calibrated = self._arrivals >= LAST
        self._micro = self._summed(self._micro.cluster.copy())

    def _summed(self, cluster: NDArray[np.int64]) -> MicroClusters:
        """Sum the members' vectors up to micro-clusters."""
        micro = self._members.micro
        sums = np.zeros((len(cluster), self._dimension))
        np.add.at(sums, micro, centred(self._members.vectors, self._centre))
        counts = np.bincount(micro, minlength=len(cluster)).astype(np.int64)
        return MicroClusters(sums, counts, cluster)

    def _vectors(self, rows: NDArray[np.int64] | list[int]) -> NDArray[np.float64]:
        return centred(self._members.vectors[rows], self._centre)

    def _fold(self, offset: int) -> None:
        """Make room among the micro-clusters, and first among the clusters if need be."""
        if len(self._topics) > FOLDED:
            self._rename(self._micro.group(-np.inf, FOLDED // 2), offset)
        self._members.replace(self._micro.fold()[self._members.micro])
        self._near = max(self._near - NEARER_BY, self._thresholds.micro)

    def _rename(self, groups: NDArray[np.int64], offset: int) -> None:
        """Give the new groups (micro-clusters,) the clusters' ids, and record the changes."""
        counts, before = self._micro.counts, self._micro.cluster.copy()
        heirs = inherit(before, groups, counts)
        numbers = dict(heirs)
        for group in np.unique(groups).tolist():
            if group not in numbers:
                topic = self._open(offset)
                numbers[group] = topic.number
                inside = groups == group
                origin = _heaviest(before[inside], counts[inside])
                self._change_log.event(
                    offset, "split", topic.number, origin, int(counts[inside].sum())
                )
        now = np.array([numbers[group] for group in groups.tolist()], np.int64)
        self._micro.relabel(now)
        self._totals = Totals(self._micro)
        for number in sorted(set(before.tolist()) - set(heirs.values())):
            inside = before == number
            into = _heaviest(now[inside], counts[inside])
            self._change_log.event(offset, "merged", number, into, int(counts[inside].sum()))
            self._close(number, offset)
        moved = before != now
        for row in self._members.in_any(moved).tolist():
            member = self._members.rows[row]
            number = int(now[self._members.micro[row]])
            vector = self._vectors([row])[0]
            member.similarity = _cosine(vector, self._totals.sum(number))
            self._log_member(member, number)
        changed = set(before[moved].tolist()) | set(now[moved].tolist())
        for number in sorted(changed & self._topics.keys()):
            self._touch(number, offset)
            self._review(number)

    def _review(self, number: int) -> None:
        """Choose the cluster's medoid, label and terms again."""
        topic = self._topics[number]
        rows = self._members.in_any(self._micro.cluster == number)
        vectors = self._vectors(rows)
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        total = self._totals.sum(number)
        cosines = (vectors @ total) / lengths / np.sqrt(total @ total)
        best = int(cosines.argmax())
        held = np.nonzero(rows == self._members.row(topic.medoid))[0]
        if not (len(held) and cosines[held[0]] + labels.NEARER > cosines[best]):
            topic.medoid = self._members.rows[rows[best]].proposal_id
        medoid = self._members.get(topic.medoid)
        topic.label = labels.shortened(medoid.text) if medoid else ""
        counts = labels.count_words(self._members.rows[row].words for row in rows.tolist())
        weighted = self._vocabulary.weights(labels.repeated(counts), len(self._topics))
        topic.terms = labels.terms(weighted, topic.terms)
        topic.reviewed = len(rows)

    def _grown(self, number: int) -> bool:
        return self._totals.count(number) >= GROWTH * self._topics[number].reviewed

    def _shrunk(self, number: int, size: int) -> bool:
        return size * GROWTH <= self._topics[number].reviewed

    def _number(self, member: Member) -> int:
        row = self._members.row(member.proposal_id)
        return int(self._micro.cluster[self._members.micro[row]])

    def _open(self, offset: int) -> TrackedCluster:
        self._last_number += 1
        topic = TrackedCluster(self._last_number, offset, offset)
        self._topics[topic.number] = topic
        return topic

    def _close(self, number: int, offset: int) -> None:
        topic = self._topics.pop(number)
        topic.last_seen = offset
        self._change_log.close(topic)

    def _touch(self, number: int, offset: int) -> None:
        self._topics[number].last_seen = offset
        self._change_log.touch(number)

    def _log_member(self, member: Member, number: int) -> None:
        self._link(member)
        self._change_log.member(member, number)

    def _link(self, member: Member) -> None:
        if member.duplicate.of:
            self._copies.setdefault(member.duplicate.of, set()).add(member.proposal_id)

    def _size_of(self, number: int) -> tuple[int, int]:
        """How many proposals and micro-clusters a cluster has."""
        return self._totals.count(number), int(np.count_nonzero(self._micro.cluster == number))


def _words(text: str, language: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words(text, language)))


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(one @ other) / float(np.sqrt(one @ one) * np.sqrt(other @ other))


def _heaviest(numbers: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """The number with the greatest count in all; of equal ones the smallest."""
    found, places = np.unique(numbers, return_inverse=True)
    return int(found[np.bincount(places, weights=counts).argmax()])
