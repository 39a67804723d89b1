"""How well a grouping agrees with labels that it never saw."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score


class Quality(msgspec.Struct, frozen=True):
    """A grouping against labels.

    Attributes:
        clusters: How many there are.
        nmi: Normalised mutual information, arithmetic mean.
        ari: Rand index, adjusted for chance.
        b_cubed: F1 of B-cubed precision and recall (Bagga and Baldwin, 1998).
    """

    clusters: int
    nmi: float
    ari: float
    b_cubed: float


def quality(labels: Sequence[str], clusters: Sequence[str]) -> Quality:
    """Compare; both are in the same order.

    >>> quality(["a", "a", "b"], ["c1", "c1", "c2"])
    Quality(clusters=2, nmi=1.0, ari=1.0, b_cubed=1.0)
    """
    both = Counter(zip(labels, clusters, strict=True))
    of_label, of_cluster, total = Counter(labels), Counter(clusters), len(labels)
    precision = sum(n * n / of_cluster[cluster] for (_, cluster), n in both.items()) / total
    recall = sum(n * n / of_label[label] for (label, _), n in both.items()) / total
    return Quality(
        clusters=len(of_cluster),
        nmi=float(normalized_mutual_info_score(labels, clusters)),
        ari=float(adjusted_rand_score(labels, clusters)),
        b_cubed=2 * precision * recall / (precision + recall),
    )
