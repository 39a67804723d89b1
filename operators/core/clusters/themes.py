"""Themes: a coarse level above the clusters, few enough for people to read them all.

Clusters of two proposals or more are joined by average link, as the clusters themselves were, until
K = 2 n^0.3 are left, n proposals: 6 of 39, 11 of 316, 32 of 10,000, never more than `MAX_THEMES`. A
proposal that is alone in its cluster would only be a theme of its own, so it takes no part and goes
to the nearest theme. Then each cluster goes to the theme with the nearest centroid, once: average
link never takes back what it joined early.

The number, and average link rather than Ward's method (whose themes change more from step to step),
come from measuring public consultations: docs/clusters.md.
"""

from math import pow  # noqa: A004 - of floats, always a float
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.average_link import average_link
from operators.core.clusters.fixed_point import SCALE

METHOD: Final = "themes/average-link/1"
"""Name and version of the rule."""

FACTOR: Final = 2.0
POWER: Final = 0.3
"""Themes of n proposals: `FACTOR` · n^`POWER`."""

MAX_THEMES: Final = 40
"""More than a person reads."""

SAME_THEME_BONUS: Final = 1 / 16
"""Added to the cosine of two proposals that were in one theme, so that themes that are nearly as
good as others stay."""


def how_many(proposals: int, most: int = MAX_THEMES) -> int:
    """How many themes so many proposals may have; each has room for two of them.

    >>> how_many(39), how_many(316), how_many(30_000), how_many(3)
    (6, 11, 40, 1)
    """
    return max(1, min(most, proposals // 2, round(FACTOR * pow(proposals, POWER))))


def form(
    sums: NDArray[np.float64],
    counts: NDArray[np.int64],
    former: NDArray[np.int64],
    most: int = MAX_THEMES,
) -> NDArray[np.int64]:
    """Join clusters to themes; no theme is a single proposal unless there is but one.

    Args:
        sums: Sum of each cluster's vectors, whole numbers (clusters, dimension).
        counts: Its proposals (clusters,).
        former: The theme that most of them were in (clusters,); 0: none.
        most: More themes are never made.

    Returns:
        The theme of each (clusters,), numbers without meaning. Ties go to what comes first, so the
        same clusters in another order may give other themes only where cosines are equal.

    >>> vectors = np.array([[9.0, 0], [9, 1], [0, 9], [1, 8], [7, 2]])
    >>> form(vectors, np.array([2, 3, 2, 2, 1]), np.zeros(5), most=2).tolist()
    [1, 1, 2, 2, 1]
    """
    if counts.sum() < 2:  # noqa: PLR2004 - nothing to join
        return np.zeros(len(counts), np.int64)
    together = (former[:, None] == former[None, :]) & (former > 0)
    products = sums @ sums.T
    products += together * (SAME_THEME_BONUS * SCALE**2) * np.outer(counts, counts)
    number = how_many(int(counts.sum()), most)
    joining = np.nonzero(counts > 1)[0]
    if len(joining) < number:
        joining = np.arange(len(counts))
    inner = products[np.ix_(joining, joining)]
    joined = average_link(inner, counts[joining], -np.inf, down_to=number)
    themes = np.full(len(counts), -1)
    themes[joining] = joining[joined]
    themes = _none_alone(products, themes, counts)
    themes = nearest(products, themes, _large(themes, counts))
    return _none_alone(products, themes, counts)


def nearest(
    products: NDArray[np.float64], themes: NDArray[np.int64], among: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each cluster the theme with the nearest centroid, of equal ones the first of `among`.

    Args:
        products: S_A·S_B of every two clusters (clusters, clusters).
        themes: The theme of each (clusters,).
        among: The themes that there is a choice of.

    >>> products = np.array([[4.0, 3, 0], [3, 4, 1], [0, 1, 9]])
    >>> nearest(products, np.array([0, 0, 5]), np.array([0, 5])).tolist()
    [0, 0, 5]
    """
    inside = (themes[:, None] == among[None, :]).astype(np.float64)
    towards = products @ inside
    found: NDArray[np.int64] = among[_cosines(towards, (inside * towards).sum(0)).argmax(1)]
    return found


def nearest_to(
    vector: NDArray[np.float64], sums: NDArray[np.float64], themes: NDArray[np.int64]
) -> int:
    """The theme with the centroid nearest to a vector (dimension,), of equal ones the smallest.

    Args:
        vector: It.
        sums: Sum of each cluster's vectors (clusters, dimension); there is at least one.
        themes: The theme of each (clusters,).

    >>> nearest_to(np.array([1.0, 0]), np.array([[0.0, 9], [9, 1], [7, 8]]), np.array([3, 4, 3]))
    4
    """
    among = np.unique(themes)
    totals = (among[:, None] == themes[None, :]).astype(np.float64) @ sums
    squares = np.einsum("ij,ij->i", totals, totals)
    return int(among[_cosines(totals @ vector, squares).argmax()])


def _cosines(towards: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Products with sums (…, sums) by the lengths of the sums (sums,).

    The sum of opposite vectors has no direction, so nothing is near it.
    """
    some = squares > 0
    return np.where(some, towards / np.sqrt(np.where(some, squares, 1)), -np.inf)


def _none_alone(
    products: NDArray[np.float64], themes: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Send what is in no theme (-1), and each theme of one proposal, to the nearest larger one."""
    large = _large(themes, counts)
    return np.where(np.isin(themes, large), themes, nearest(products, themes, large))


def _large(themes: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The themes of two proposals or more."""
    found, places = np.unique(themes, return_inverse=True)
    sizes = np.bincount(places, weights=counts)
    return found[(sizes > 1) & (found >= 0)]
