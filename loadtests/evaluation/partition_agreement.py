"""How well two partitions of the same things agree: found clusters against the labels.

Normalised mutual information (arithmetic mean of the entropies; A. Strehl and J. Ghosh, 2002), the
adjusted Rand index (L. Hubert and P. Arabie, 1985), and B-cubed F1 (A. Bagga and B. Baldwin, 1998).
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from math import log

import msgspec


class PartitionAgreement(msgspec.Struct, frozen=True):
    """The three figures, 1 for equal partitions, and how many groups were found."""

    nmi: float
    rand: float
    b_cubed: float
    groups: int


def agree(given: Sequence[Hashable], found: Sequence[Hashable]) -> PartitionAgreement:
    """Compare group by group; both name the same things in the same order, one at least."""
    both, left, right = Counter(zip(given, found, strict=True)), Counter(given), Counter(found)
    n = len(given)
    shared = sum(c / n * log(c * n / (left[a] * right[b])) for (a, b), c in both.items())
    entropy = (_entropy(left, n) + _entropy(right, n)) / 2
    pairs, in_left, in_right = (_pairs(counts) for counts in (both, left, right))
    chance = in_left * in_right / max(1, n * (n - 1) / 2)
    mean = (in_left + in_right) / 2
    precision = sum(c * c / right[b] for (_, b), c in both.items()) / n
    recall = sum(c * c / left[a] for (a, _), c in both.items()) / n
    return PartitionAgreement(
        nmi=shared / entropy if entropy else 1.0,
        rand=(pairs - chance) / (mean - chance) if mean != chance else 1.0,
        b_cubed=2 * precision * recall / (precision + recall),
        groups=len(right),
    )


def _entropy(counts: Counter[Hashable], n: int) -> float:
    return -sum(c / n * log(c / n) for c in counts.values())


def _pairs(counts: Counter[Hashable] | Counter[tuple[Hashable, Hashable]]) -> float:
    return sum(c * (c - 1) / 2 for c in counts.values())
