"""Thresholds of nearness, calibrated by the consultation's own proposals.

Which cosine is near depends on the encoder and on the subject.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.average_link import average_link
from operators.core.clusters.fixed_point import SCALE
from operators.core.clusters.silhouette import silhouette

METHOD: Final = "calibration/silhouette/3"
"""Name and version of the rule."""

FIRST: Final = 25
"""Proposals before which the defaults hold."""

LAST: Final = 2_000
"""Proposals after which the thresholds stay as they are."""

LOWER_TAIL: Final = 0.1587
"""Share of pairs below median less one standard deviation, were cosines normal. The lower tail,
because the upper one holds the pairs that belong together."""

DEVIATIONS: Final = (6.0, 5.5, 5.0, 4.5, 4.0, 3.5, 3.0, 2.5, 2.0, 1.5)
"""The values that `macro` may take, in standard deviations above the median."""

USUAL: Final = 4.5
"""Deviations of `macro` before any proposal is known."""

USUAL_WEIGHT: Final = 300
"""`USUAL` weighs as much as so many proposals. The silhouette of few proposals asks for too few
clusters, because a proposal alone counts nothing; ids given then would not last."""

MICRO_DEVIATIONS: Final = 6.0
"""Deviations of `micro` above the median."""

APART: Final = 0.15
"""Least distance of `micro` above `macro`."""

MAX_MACRO: Final = 0.75
"""Greatest `macro`, however alike the proposals are; `micro` may be `APART` above it."""

AS_CLEAR: Final = 0.005
"""Of two silhouettes that differ by less, the one with smaller clusters is chosen."""

MIN_MACRO: Final = 0.05
"""Least `macro`."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cosines from which proposals, and clusters on average, belong together.

    Attributes:
        macro: Mean cosine of the pairs of two groups that become one cluster.
        micro: Cosine of a proposal and the centroid of the micro-cluster that it joins, when room
            for micro-clusters is short.
    """

    macro: float = 0.45
    micro: float = 0.65


def calibrate(vectors: NDArray[np.float64]) -> Thresholds:
    """Thresholds for centred `vectors` (proposals, dimension) of length `SCALE`, two at least.

    With m the median of the cosines of all pairs and s = m - q15.87, let m + z s, z of
    `DEVIATIONS`, be the floor whose average-link clusters have the greatest silhouette, or nearly.
    `macro` is m + z' s, where z' is the mean of z, weighing as the proposals do, and `USUAL`,
    weighing `USUAL_WEIGHT`; `micro` is m + 6 s.
    How many deviations are right depends on how many topics there are: fixed at 3.5, fifteen
    topics fall apart and 150 run together.
    """
    products = vectors @ vectors.T
    pairs = np.sort(products[np.triu_indices(len(vectors), 1)]) / SCALE**2
    median = float(pairs[len(pairs) // 2])
    spread = median - float(pairs[int(len(pairs) * LOWER_TAIL)])
    floors = [min(MAX_MACRO, max(MIN_MACRO, median + times * spread)) for times in DEVIATIONS]
    clearest = _clearest(vectors, products, floors)
    usual = min(MAX_MACRO, max(MIN_MACRO, median + USUAL * spread))
    weight = USUAL_WEIGHT / (len(vectors) + USUAL_WEIGHT)
    macro = clearest + weight * (usual - clearest)
    micro = max(macro + APART, min(MAX_MACRO, median + MICRO_DEVIATIONS * spread))
    return Thresholds(macro, micro)


def _clearest(
    vectors: NDArray[np.float64], products: NDArray[np.float64], floors: list[float]
) -> float:
    """The highest of falling floors whose silhouette is the greatest one, or nearly."""
    groups, counts = np.arange(len(vectors)), np.ones(len(vectors), np.int64)
    silhouettes = []
    for floor in floors:
        # Average link continues from the groups that the higher floor left.
        joined = average_link(products, counts, floor * SCALE**2)
        kept, places = np.unique(joined, return_inverse=True)
        groups = places[groups]
        counts = np.bincount(places, weights=counts).astype(np.int64)
        one_hot = np.zeros((len(kept), len(places)))
        one_hot[places, np.arange(len(places))] = 1
        products = one_hot @ products @ one_hot.T
        silhouettes.append(silhouette(vectors, groups))
    enough = max(silhouettes) - AS_CLEAR
    return next(floor for floor, clear in zip(floors, silhouettes, strict=True) if clear >= enough)
