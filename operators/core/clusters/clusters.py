"""Clusters of one consultation: proposals by what they are about, incrementally.

Two levels. A proposal joins the micro-cluster with the nearest centroid if it is near enough, or
opens one (leader clustering). Every so many proposals the micro-clusters are grouped anew by
average link, and the groups inherit the ids of the clusters that most of their members come from.
Between two such steps a new micro-cluster joins the cluster with the nearest centroid, if the
average link allows it, or opens one. Clusters are joined to `themes`. Texts that the encoder cannot
read take no part in this: they have a cluster of their own (`unreadable`).

The same items in the same order give the same outputs, bit by bit: there is no clock and no chance
in it, and the arithmetic is exact (`fixed_point`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters import naming, snapshots
from operators.core.clusters.change_log import ChangeLog
from operators.core.clusters.cluster_changes import compare
from operators.core.clusters.duplicate_links import DuplicateLinks
from operators.core.clusters.fixed_point import cosine
from operators.core.clusters.item import Item
from operators.core.clusters.members import Member, MemberTable, arrived
from operators.core.clusters.micro_clusters import FOLDED
from operators.core.clusters.normalise import plain
from operators.core.clusters.outputs import Outputs
from operators.core.clusters.placement import Placement
from operators.core.clusters.registry import Registry
from operators.core.clusters.state_size import StateSize
from operators.core.clusters.theme_registry import ThemeRegistry
from operators.core.clusters.thresholds import Thresholds
from operators.core.clusters.unreadable import LABEL, UnreadableTexts
from operators.core.clusters.vocabulary import Vocabulary
from operators.core.clusters.words import distinct_words

METHOD: Final = "clusters/two-level-average-link/5"
"""Name and version of the rules."""

REGROUP_AFTER: Final = 25
"""New proposals after which clusters are formed anew, at least."""

REGROUP_SHARE: Final = 0.1
"""The same as a share of the proposals: the steps' total cost stays in proportion to them."""

ACCEPTED: Final = "accepted"


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
        self._placement = Placement(dimension, defaults)
        self._duplicates = DuplicateLinks()
        self._vocabulary = Vocabulary()
        self._change_log = ChangeLog(consultation_id, model)
        self._clusters = Registry(self._change_log)
        self._themes = ThemeRegistry(self._change_log)
        self._offset = -1
        self._arrivals = self._since = 0

    @property
    def model(self) -> str:
        """The encoder, with its version."""
        return self._model

    @property
    def thresholds(self) -> Thresholds:
        """Those in force."""
        return self._placement.thresholds

    @property
    def since_step(self) -> int:
        """Proposals that have arrived since clusters were last formed anew."""
        return self._since

    @property
    def size(self) -> StateSize:
        """How much is kept."""
        return StateSize(
            micro_clusters=len(self._placement.micro),
            clusters=len(self._clusters),
            proposals=len(self._members) + len(self._placement.unreadable),
            bytes=self._placement.vector_bytes + self._vocabulary.text_bytes,
        )

    def needs_vector(self, item: Item) -> bool:
        """Whether `on_item` asks for a vector: the proposal is accepted and its text is new."""
        if item.offset <= self._offset or item.status != ACCEPTED:
            return False
        known = self._placement.known(item.proposal_id)
        return known is None or plain(known.text) != plain(item.text)

    def on_item(self, item: Item, vector: NDArray[np.float32] | None) -> Outputs:
        """Add, move or remove a proposal; an item that was seen before changes nothing.

        Args:
            item: The next one, by offset.
            vector: Of its text (dimension,), of any length but 0; None where `needs_vector` says
                no, or where the encoder cannot read the text.

        Raises:
            ValueError: It is another consultation's, or the vector does not fit.
        """
        if item.consultation_id != self._consultation_id:
            raise ValueError(f"need an item of {self._consultation_id!r}: {item.consultation_id!r}")
        if item.offset <= self._offset:
            return Outputs()
        if self.needs_vector(item):
            self._arrive(item, None if vector is None else self._placement.quantised(vector))
        elif item.status == ACCEPTED:
            self._reword(item)
        else:
            row = self._members.row(item.proposal_id)
            self._take_out(row, self._unreadable.remove(item.proposal_id), item.offset)
        self._offset = item.offset
        return self._change_log.outputs(
            self._clusters.__getitem__, self._placement.size_of, self._themes.get
        )

    def snapshot(self) -> bytes:
        """The whole state as bytes, for `restore`; `Clusters` says how long it is."""
        return snapshots.encode(
            snapshots.State(
                consultation_id=self._consultation_id,
                model=self._model,
                offset=self._offset,
                arrivals=self._arrivals,
                since=self._since,
                last_number=self._clusters.last_number,
                last_event=self._change_log.last_event,
                placed=self._placement.snapshot(),
                clusters=[snapshots.name(cluster) for cluster in self._clusters],
                last_theme=self._themes.last_number,
                themes=self._themes.snapshot(),
            )
        )

    @classmethod
    def restore(cls, data: bytes) -> "Clusters":
        """Take the state from a snapshot.

        Raises:
            TerminalError: It is none, or of another version.
        """
        state = snapshots.decode(data)
        placed = state.placed
        clusters = cls(state.consultation_id, state.model, placed.dimension, placed.thresholds)
        clusters._fill(state)
        return clusters

    def _fill(self, state: snapshots.State) -> None:
        self._placement = Placement.restore(state.placed)
        self._offset, self._arrivals, self._since = state.offset, state.arrivals, state.since
        self._clusters.last_number = state.last_number
        self._change_log.last_event = state.last_event
        members = [*self._members.rows, *self._placement.unreadable.members]
        for member in members:
            self._vocabulary.add(member)
            self._duplicates.link(member)
        for member in sorted(members, key=lambda member: member.offset):
            self._duplicates.add(member)
        self._clusters.fill([name.cluster() for name in state.clusters])
        self._themes.fill(state.themes, state.last_theme)

    @property
    def _members(self) -> MemberTable:
        return self._placement.members

    @property
    def _unreadable(self) -> UnreadableTexts:
        return self._placement.unreadable

    def _arrive(self, item: Item, vector: NDArray[np.int16] | None) -> None:
        """Put a text into a cluster; without a vector, into that of the unreadable ones.

        The proposal's former text leaves afterwards, so that a cluster that it is alone in goes on.
        """
        row, apart = self._members.row(item.proposal_id), self._unreadable.remove(item.proposal_id)
        member = self._apart(item) if vector is None else self._placed(item, vector)
        self._vocabulary.add(member)
        self._take_out(row, apart, item.offset)
        member.duplicate = self._duplicates.find(member, readable=vector is not None)
        self._duplicates.add(member)
        number = self._placement.number_of(item.proposal_id)
        self._log_member(member, number)
        self._clusters.touch(number, item.offset)
        if vector is None:
            self._review(number)
            return
        self._arrivals += 1
        self._since += 1
        if self._clusters[number].has_grown(self._placement.totals.count(number)):
            self._review(number)
        if self._since >= max(REGROUP_AFTER, int(REGROUP_SHARE * len(self._members))):
            self._regroup(item.offset)

    def _apart(self, item: Item) -> Member:
        """Put a text that cannot be read into the cluster of those."""
        if not self._unreadable.number:
            self._unreadable.number = self._open(item.offset, None)
        member = arrived(item, self._unreadable.number, 0.0)
        self._unreadable.add(member)
        return member

    def _placed(self, item: Item, vector: NDArray[np.int16]) -> Member:
        """Put a text among those that are like it."""
        wide = self._placement.centred(vector)
        place = self._settle(wide, item.offset)
        number = int(self._placement.micro.cluster[place])
        self._placement.totals.add(number, wide)
        similarity = cosine(wide, self._placement.totals.sum(number))
        member = arrived(item, number, similarity)
        self._placement.append(member, vector, place)
        return member

    def _settle(self, vector: NDArray[np.float64], offset: int) -> int:
        """The place of the micro-cluster that a vector is added to."""
        if self._placement.full:
            self._fold(offset)
        place = self._placement.join(vector)
        if place is not None:
            return place
        return self._placement.micro.open(vector, self._open(offset, vector))

    def _open(self, offset: int, vector: NDArray[np.float64] | None) -> int:
        """The number of a new cluster; without a vector it is that of unreadable texts."""
        cluster = self._clusters.open(offset, "unreadable" if vector is None else "topic")
        cluster.label = LABEL if vector is None else ""
        self._change_log.event(offset, "opened", cluster.number, None, 1)
        self._themes.join(cluster.number, vector, self._placement)
        return cluster.number

    def _take_out(self, row: int | None, apart: Member | None, offset: int) -> None:
        """Take a row, or what was an unreadable text, out of its cluster."""
        if row is not None:
            self._left(self._members.rows[row], self._placement.remove(row), offset)
        elif apart is not None:
            self._left(apart, self._unreadable.number, offset)

    def _left(self, member: Member, number: int, offset: int) -> None:
        """What follows when a proposal's text is no longer in a cluster."""
        self._vocabulary.remove(member)
        self._duplicates.remove(member)
        if self._placement.known(member.proposal_id) is None:
            self._change_log.gone(member)
        self._relink(member)
        self._themes.left(member, number, self._placement, self._vocabulary)
        size, _ = self._placement.size_of(number)
        if not size:
            self._change_log.event(offset, "closed", number, None, 0)
            self._themes.close(number)
            self._clusters.close(number, offset)
            if number == self._unreadable.number:
                self._unreadable.number = 0
            return
        self._clusters.touch(number, offset)
        named = self._clusters[number]
        if named.medoid == member.proposal_id or named.has_shrunk(size):
            self._review(number)

    def _relink(self, gone: Member) -> None:
        """Proposals that repeat a removed text now repeat another one, or none."""
        copies = [self._placement.known(copy) for copy in self._duplicates.unlink(gone)]
        for member in sorted((m for m in copies if m is not None), key=lambda m: m.offset):
            if member.duplicate.of == gone.proposal_id:
                readable = self._unreadable.get(member.proposal_id) is None
                member.duplicate = self._duplicates.find(member, readable=readable)
                self._log_member(member, self._placement.number_of(member.proposal_id))

    def _reword(self, item: Item) -> None:
        """Update a proposal whose text is the same but for its language or its spaces."""
        member = self._placement.known(item.proposal_id)
        if member is None or (member.text, member.language) == (item.text, item.language):
            return
        self._vocabulary.remove(member)
        self._duplicates.remove(member)
        relabelled = member.language != item.language
        member.text, member.language = item.text, item.language
        self._duplicates.add(member)
        member.words = distinct_words(item.text, item.language)
        self._vocabulary.add(member)
        if relabelled:
            self._log_member(member, self._placement.number_of(member.proposal_id))

    def _regroup(self, offset: int) -> None:
        """Form the clusters anew."""
        self._since = 0
        self._placement.calibrate(self._arrivals)
        self._rename(self._placement.micro.group(self.thresholds.macro), offset)

    def _fold(self, offset: int) -> None:
        """Make room among the micro-clusters, and first among the clusters if need be."""
        if len(self._clusters) > FOLDED:
            self._rename(self._placement.micro.group(-np.inf, FOLDED // 2), offset)
        self._placement.fold()

    def _rename(self, groups: NDArray[np.int64], offset: int) -> None:
        """Let the new groups (micro-clusters,) inherit the clusters' ids, and say what changed."""
        micro = self._placement.micro
        before = micro.cluster.copy()
        change = compare(before, groups, micro.counts, self._clusters.last_number + 1)
        for number, origin, size in change.split:
            self._clusters.open(offset)
            self._change_log.event(offset, "split", number, origin, size)
        now = change.clusters
        self._placement.relabel(now)
        for number, into, size in change.merged:
            self._change_log.event(offset, "merged", number, into, size)
            self._clusters.close(number, offset)
        moved = before != now
        for row in self._members.in_any(moved).tolist():
            member = self._members.rows[row]
            number = int(now[self._members.micro[row]])
            member.similarity = self._placement.similarity(row, number)
            self._log_member(member, number)
        changed = set(before[moved].tolist()) | set(now[moved].tolist())
        for number in sorted(changed & self._clusters.numbers):
            self._clusters.touch(number, offset)
            self._review(number)
        self._themes.form(before, self._placement, self._vocabulary)

    def _review(self, number: int) -> None:
        """Look for a better name."""
        if number == self._unreadable.number:
            self._clusters[number].medoid = self._unreadable.first
            return
        naming.review(
            self._clusters[number],
            *self._placement.inside(number),
            lambda counts: self._vocabulary.weights(counts, len(self._clusters)),
        )

    def _log_member(self, member: Member, number: int) -> None:
        self._duplicates.link(member)
        self._change_log.member(member, number)
