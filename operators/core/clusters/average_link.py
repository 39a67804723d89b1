"""Average-link clustering (UPGMA) of groups of vectors, exact from their sums alone.

R. R. Sokal and C. D. Michener, "A statistical method for evaluating systematic relationships",
University of Kansas Science Bulletin 38 (1958), 1409-1438. The mean cosine of the pairs of two
groups is S_A·S_B / (n_A n_B), and sums add up when groups join, so products of sums do too: the
vectors themselves are not needed.
"""

import numpy as np
from numpy.typing import NDArray


def average_link(
    products: NDArray[np.float64],
    counts: NDArray[np.int64],
    floor: float,
    *,
    down_to: int = 1,
    within: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Join the nearest two groups until none are as near as `floor` or `down_to` are left.

    Args:
        products: S_A·S_B of every two groups (groups, groups).
        counts: How many vectors each has (groups,).
        floor: Least mean product of the pairs of two groups that join.
        down_to: Stop at this many.
        within: Only groups of the same number here join (groups,); all of them where absent.

    Returns:
        For each group the one that it is part of in the end (groups,); of two that join the one
        with more vectors goes on, of equal ones the first.
    """
    groups = len(counts)
    sums = products.astype(np.float64, copy=True)
    sizes = counts.astype(np.float64)
    barred = np.eye(groups, dtype=bool)
    if within is not None:
        barred |= within[:, None] != within[None, :]
    means = np.where(barred, -np.inf, sums / (sizes[:, None] * sizes[None, :]))
    nearest = means.argmax(1)
    best = means[np.arange(groups), nearest]
    part_of = np.arange(groups)
    for _ in range(groups - down_to):
        one = int(best.argmax())
        if best[one] < floor or np.isneginf(best[one]):
            break
        other = int(nearest[one])
        kept, gone = sorted((one, other), key=lambda group: (-sizes[group], group))
        sums[kept] += sums[gone]
        sums[:, kept] = sums[kept]
        sizes[kept] += sizes[gone]
        part_of[part_of == gone] = kept
        means[gone] = means[:, gone] = best[gone] = -np.inf
        row = np.where(np.isneginf(means[kept]), -np.inf, sums[kept] / (sizes * sizes[kept]))
        means[kept] = means[:, kept] = row
        _renew(means, nearest, best, kept, gone)
    return part_of


def _renew(
    means: NDArray[np.float64],
    nearest: NDArray[np.int64],
    best: NDArray[np.float64],
    kept: int,
    gone: int,
) -> None:
    """Search the nearest group again for the groups whose nearest one has changed."""
    stale = (nearest == kept) | (nearest == gone)
    stale[kept] = True
    stale[gone] = False
    better = (means[kept] > best) & ~stale
    nearest[better] = kept
    best[better] = means[kept][better]
    rows = np.nonzero(stale)[0]
    nearest[rows] = means[rows].argmax(1)
    best[rows] = means[rows, nearest[rows]]
