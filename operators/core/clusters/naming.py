"""Looks for a better name of a cluster: its most typical proposal, and its words."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters import labels
from operators.core.clusters.members import Member
from operators.core.clusters.named_cluster import NamedCluster


def review(
    cluster: NamedCluster,
    members: Sequence[Member],
    vectors: NDArray[np.float64],
    total: NDArray[np.float64],
    weights: Callable[[Mapping[str, int]], dict[str, float]],
) -> None:
    """Give a cluster the name that its proposals call for; a name as good as the best one stays.

    Args:
        cluster: What is named.
        members: Its proposals.
        vectors: Theirs (members, dimension).
        total: Sum of the vectors (dimension,).
        weights: The weight of each of its words, of the proposals that each is in.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    cosines = (vectors @ total) / lengths / np.sqrt(total @ total)
    best = int(cosines.argmax())
    ids = [member.proposal_id for member in members]
    named = ids.index(cluster.medoid) if cluster.medoid in ids else None
    if named is None or cosines[named] + labels.NEARER <= cosines[best]:
        named = best
    cluster.medoid = ids[named]
    cluster.label = labels.shortened(members[named].text)
    counts = labels.count_words(member.words for member in members)
    cluster.terms = labels.terms(weights(labels.repeated(counts)), cluster.terms)
    cluster.reviewed = len(members)
