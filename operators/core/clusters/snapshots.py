"""Snapshots: the clusters of one consultation as bytes.

MessagePack, with arrays as little-endian bytes. What can be computed from the rest is left out:
sums and counts of micro-clusters (exact sums of the members' vectors), words, duplicates.
"""

from typing import Final

import msgspec

from operators.core.clusters.members import Member
from operators.core.clusters.named_cluster import NamedCluster
from operators.core.clusters.near_duplicates import Duplicate
from operators.core.clusters.outputs import Cluster, ClusterKind
from operators.core.clusters.theme import Theme
from operators.core.clusters.thresholds import Thresholds
from operators.core.clusters.words import distinct_words
from operators.core.errors import TerminalError

VERSION: Final = 6
"""Raise it when what is below or the rules of `clusters` change; older ones are
refused: replay the proposals instead."""


class MemberRow(msgspec.Struct, frozen=True, array_like=True):
    """A proposal, see `members.Member`."""

    proposal_id: str
    text: str
    language: str
    offset: int
    arrival: int
    similarity: float
    duplicate: Duplicate

    def member(self) -> Member:
        """The proposal as it was."""
        return Member(
            self.proposal_id, self.text, self.language, self.offset, self.arrival, self.similarity,
            self.duplicate, distinct_words(self.text, self.language),
        )  # fmt: skip


class Name(msgspec.Struct, frozen=True, array_like=True):
    """A cluster, see `named_cluster.NamedCluster`."""

    number: int
    first_seen: int
    last_seen: int
    medoid: str
    label: str
    terms: tuple[str, ...]
    reviewed: int
    emitted: Cluster | None
    kind: ClusterKind

    def cluster(self) -> NamedCluster:
        """The cluster as it was."""
        return NamedCluster(
            self.number, self.first_seen, self.last_seen, self.medoid, self.label, self.terms,
            self.reviewed, self.emitted, self.kind,
        )  # fmt: skip


def row(member: Member) -> MemberRow:
    """A proposal for a snapshot."""
    return MemberRow(
        member.proposal_id, member.text, member.language, member.offset, member.arrival,
        member.similarity, member.duplicate,
    )  # fmt: skip


def name(cluster: NamedCluster) -> Name:
    """A cluster for a snapshot."""
    return Name(
        cluster.number, cluster.first_seen, cluster.last_seen, cluster.medoid, cluster.label,
        cluster.terms, cluster.reviewed, cluster.emitted, cluster.kind,
    )  # fmt: skip


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """What `placement.Placement` holds.

    Attributes:
        centre: Subtracted from every vector, f64.
        near: Cosine from which a proposal joins a micro-cluster.
        micro_cluster: Cluster of each micro-cluster, i64.
        vectors: Of each proposal, i16.
        member_micro: Micro-cluster of each proposal, i32.
        unreadable: The proposals that have no vector.
        unreadable_number: Number of their cluster; 0: there is none.
    """

    dimension: int
    thresholds: Thresholds
    centre: bytes
    near: float
    calibrated: bool
    micro_cluster: bytes
    vectors: bytes
    member_micro: bytes
    members: list[MemberRow]
    unreadable: list[MemberRow]
    unreadable_number: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything."""

    version: int = VERSION
    consultation_id: str
    model: str
    offset: int
    arrivals: int
    since: int
    last_number: int
    last_event: int
    placed: Placed
    clusters: list[Name]
    last_theme: int
    themes: list[Theme]


class _Version(msgspec.Struct):
    version: int


def encode(state: State) -> bytes:
    """A state as bytes."""
    return msgspec.msgpack.encode(state)


def decode(data: bytes) -> State:
    """A state from bytes.

    Raises:
        TerminalError: The bytes are no state of this version.
    """
    try:
        version = msgspec.msgpack.decode(data, type=_Version).version
        if version == VERSION:
            return msgspec.msgpack.decode(data, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TerminalError(f"The clusters' state cannot be read ({error}): replay it.") from error
    raise TerminalError(f"The clusters' state is version {version}, not {VERSION}: replay it.")
