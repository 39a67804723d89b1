"""Snapshots: the clusters of one consultation as bytes.

MessagePack, with arrays as little-endian bytes. What can be computed from the rest is left out:
sums and counts of micro-clusters (exact sums of the members' vectors), words, duplicates.
"""

from typing import Final

import msgspec

from operators.core.clusters.near_duplicates import Duplicate
from operators.core.clusters.outputs import Cluster
from operators.core.clusters.thresholds import Thresholds
from operators.core.errors import TerminalError

VERSION: Final = 3
"""Raise it when the structures below or the rules of `clusters` change. Snapshots of other
versions are refused, and the proposals are replayed."""


class MemberRow(msgspec.Struct, frozen=True, array_like=True):
    """A proposal, see `members.Member`."""

    proposal_id: str
    text: str
    language: str
    offset: int
    arrival: int
    similarity: float
    duplicate: Duplicate


class ClusterRow(msgspec.Struct, frozen=True, array_like=True):
    """A cluster, see `change_log.TrackedCluster`."""

    number: int
    first_seen: int
    last_seen: int
    medoid: str
    label: str
    terms: tuple[str, ...]
    reviewed: int
    emitted: Cluster | None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """All that a snapshot holds.

    Attributes:
        centre: Subtracted from every vector, f64.
        near: Cosine from which a proposal joins a micro-cluster.
        micro_cluster: Cluster of each micro-cluster, i64.
        vectors: Of each proposal, i16.
        member_micro: Micro-cluster of each proposal, i32.
    """

    version: int = VERSION
    consultation_id: str
    model: str
    dimension: int
    thresholds: Thresholds
    centre: bytes
    near: float
    calibrated: bool
    offset: int
    arrivals: int
    since: int
    last_number: int
    last_event: int
    micro_cluster: bytes
    vectors: bytes
    member_micro: bytes
    members: list[MemberRow]
    topics: list[ClusterRow]


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
