"""What the semantics job emits: who belongs where, which clusters there are, what happened to them.

Each value is one record of one topic; a later record with the same key replaces the earlier one,
and nothing is emitted twice that has not changed.
"""

from dataclasses import dataclass
from typing import Literal

EventKind = Literal["opened", "split", "merged", "closed"]
ClusterKind = Literal["topic", "unreadable"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a proposal belongs.

    Attributes:
        consultation_id: The consultation.
        proposal_id: The proposal.
        cluster_id: Its cluster now; empty: none, because the proposal was refused or archived.
        cluster_id_at_arrival: The cluster it was put into when its present text arrived.
        similarity: Cosine of its vector and its cluster's centroid when it was put there, -1 to 1.
        model: Encoder, with its version.
        language: BCP 47, declared or recognised; empty: unknown.
        duplicate_of: The earliest proposal of the same text, or nearly; empty: none.
        duplicate_kind: How it was found; empty: no duplicate.
        duplicate_similarity: 1 for the same text, otherwise the Jaccard similarity of n-grams.
    """

    consultation_id: str
    proposal_id: str
    cluster_id: str
    cluster_id_at_arrival: str
    similarity: float
    model: str
    language: str = ""
    duplicate_of: str = ""
    duplicate_kind: Literal["", "exact", "near"] = ""
    duplicate_similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A topic: proposals that are about the same, whatever they want.

    Attributes:
        consultation_id: The consultation.
        cluster_id: Never used again for another cluster.
        kind: unreadable: the one cluster of texts that the encoder cannot read; they are not alike.
        label: For people: the medoid's text, shortened, or terms.
        terms: What distinguishes it from the other clusters, best first.
        size: Proposals in it; 0: it has ended.
        medoid: The proposal nearest to its centroid.
        first_seen: Offset in accepted proposals at which it was opened.
        last_seen: Offset at which a proposal last joined or left it.
        micro_clusters: How many micro-clusters it consists of.
        model: Encoder, with its version.
        theme_id: Its theme, never used again for another one; empty: there are no themes yet.
        theme_terms: What distinguishes the theme from the other themes, best first.
    """

    consultation_id: str
    cluster_id: str
    kind: ClusterKind
    label: str
    terms: tuple[str, ...]
    size: int
    medoid: str
    first_seen: int
    last_seen: int
    micro_clusters: int
    model: str
    theme_id: str = ""
    theme_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    """Something that happened to a cluster's identity.

    Attributes:
        consultation_id: The consultation.
        number: Counts up within the consultation, from 1.
        offset: Offset in accepted proposals at which it happened.
        kind: opened: new; split: new, out of `other`; merged: absorbed by `other`; closed: empty.
        cluster_id: The cluster it happened to.
        other: The cluster it came from or went into; empty where there is none.
        size: Proposals concerned.
        model: Encoder, with its version.
    """

    consultation_id: str
    number: int
    offset: int
    kind: EventKind
    cluster_id: str
    other: str
    size: int
    model: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """The records that one item changed; records that stay equal are left out."""

    assignments: tuple[Assignment, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    events: tuple[ClusterEvent, ...] = ()
