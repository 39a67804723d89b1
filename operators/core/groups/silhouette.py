"""Mean silhouette: how much nearer points are to their own cluster than to the next one.

P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
analysis", Journal of Computational and Applied Mathematics 20 (1987).
"""

import numpy as np
from numpy.typing import NDArray


def distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances between all pairs of points, shape (n, n)."""
    return np.asarray(np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)))


def mean_silhouette(apart: NDArray[np.float64], labels: NDArray[np.intp]) -> float:
    """Mean silhouette, -1 to 1, of at least two clusters; a point alone in its cluster counts 0.

    Args:
        apart: `distances` of the points, shape (n, n).
        labels: The cluster of each, from 0 without gaps, shape (n,).

    >>> points = np.array([[0.0, 0], [1, 0], [9, 0], [10, 0]])
    >>> round(mean_silhouette(distances(points), np.array([0, 0, 1, 1])), 3)
    0.889
    """
    sizes = np.bincount(labels)
    totals = np.zeros((len(labels), len(sizes)))
    for label in range(len(sizes)):
        totals[:, label] = apart[:, labels == label].sum(axis=1)
    each = np.arange(len(labels))
    own = sizes[labels]
    inside = totals[each, labels] / np.maximum(own - 1, 1)
    means = totals / sizes
    means[each, labels] = np.inf
    outside = means.min(axis=1)
    greater = np.maximum(inside, outside)
    values = np.divide(outside - inside, greater, out=np.zeros_like(greater), where=greater > 0)
    return float(np.where(own > 1, values, 0.0).mean())
