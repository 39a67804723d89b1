"""How near is near: from the consultation's own pairs, because it depends on model and topic."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.meaning.fixed_point import SCALE

METHOD: Final = "calibration/median-spread/1"
"""Name and version of the rule."""

FIRST: Final = 200
"""Proposals before which the defaults hold."""

LAST: Final = 2_000
"""Proposals after which the thresholds stay as they are."""

LOWER_TAIL: Final = 0.1587
"""Share of pairs below median less one standard deviation, were cosines normal. The lower tail,
because the upper one holds the pairs that belong together."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cosines from which proposals, and clusters on average, belong together.

    Attributes:
        macro: Mean cosine of the pairs of two groups that become one cluster.
        micro: Cosine of a proposal and the centroid of the micro-cluster that it joins.
    """

    macro: float = 0.45
    micro: float = 0.65


def calibrate(vectors: NDArray[np.int16]) -> Thresholds:
    """Thresholds by the cosines of all pairs of `vectors` (proposals, dimension), at least two.

    With m their median and s = m - q15.87: macro = m + 3 s, micro = min(0.75, max(m + 6 s,
    macro + 0.15)); at most 0.75 and 0.9, at least 0.05 and 0.2, whatever the encoder.
    """
    wide = vectors.astype(np.float64)
    pairs = np.sort((wide @ wide.T)[np.triu_indices(len(wide), 1)]) / SCALE**2
    median = float(pairs[len(pairs) // 2])
    spread = median - float(pairs[int(len(pairs) * LOWER_TAIL)])
    macro = min(0.75, max(0.05, median + 3 * spread))
    return Thresholds(macro, max(macro + 0.15, min(0.75, median + 6 * spread)))
