"""k-means of weighted points, deterministic: the same points give the same clusters.

It starts from Var-Part (T. Su, J. Dy, "In search of deterministic methods for initializing
k-means and Gaussian mixture clustering", Intelligent Data Analysis 11, 2007): the part with the
greatest sum of squares is cut at its mean across the axis of greatest variance, until there are k.
Lloyd's iteration follows.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_ITERATIONS: Final = 20


def kmeans(
    points: NDArray[np.float64], weights: NDArray[np.float64], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Labels, shape (n,), and centres, shape (at most k, 2), of points, shape (n, 2).

    There are fewer than k clusters only where there are fewer different points.

    >>> labels, centres = kmeans(np.array([[0.0, 0], [1, 0], [9, 0]]), np.ones(3), 2)
    >>> labels.tolist(), centres.tolist()
    ([0, 0, 1], [[0.5, 0.0], [9.0, 0.0]])
    """
    labels = _var_part(points, weights, k)
    for _ in range(MAX_ITERATIONS):
        centres = _centres(points, weights, labels)
        nearest = (points @ (-2 * centres.T) + (centres**2).sum(axis=1)).argmin(axis=1)
        if (nearest == labels).all():
            break
        labels = np.unique(nearest, return_inverse=True)[1]
    return labels, _centres(points, weights, labels)


def _centres(
    points: NDArray[np.float64], weights: NDArray[np.float64], labels: NDArray[np.intp]
) -> NDArray[np.float64]:
    total = np.bincount(labels, weights=weights)
    sums = [np.bincount(labels, weights=weights * axis) for axis in points.T]
    return np.column_stack(sums) / total[:, None]


def _var_part(
    points: NDArray[np.float64], weights: NDArray[np.float64], k: int
) -> NDArray[np.intp]:
    parts = [np.arange(len(points))]
    spreads = [_spread(points, weights)]
    while len(parts) < k:
        widest = max(range(len(parts)), key=lambda part: spreads[part].sum())
        if spreads[widest].sum() <= 0:
            break
        part, axis = parts[widest], int(spreads[widest].argmax())
        value = points[part, axis]
        right = value > np.average(value, weights=weights[part])
        halves = part[~right], part[right]
        # The points are equal, and only the rounding of their mean says otherwise.
        if not len(halves[0]) or not len(halves[1]):
            spreads[widest] = np.zeros_like(spreads[widest])
            continue
        parts[widest : widest + 1] = halves
        spreads[widest : widest + 1] = [_spread(points[half], weights[half]) for half in halves]
    labels = np.empty(len(points), np.intp)
    for label, part in enumerate(parts):
        labels[part] = label
    return labels


def _spread(points: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted sum of squared distances from the mean, along each axis."""
    mean = np.average(points, axis=0, weights=weights)
    return np.asarray(weights @ (points - mean) ** 2)
