"""Silhouette: how well groups are separated, by each vector's own centroid and the next one.

P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
analysis", Journal of Computational and Applied Mathematics 20 (1987), 53-65, with distances to
centroids (L. Vendramin et al., "Relative clustering validity criteria", 2010); a vector's own
centroid is that of the others of its group, so that small groups do not flatter themselves.
"""

from math import fsum

import numpy as np
from numpy.typing import NDArray


def silhouette(vectors: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """Mean of (b - a) / max(a, b), -1 to 1; a and b are 1 less a cosine; 0 with a single group.

    Args:
        vectors: Of whole numbers (n, dimension).
        groups: The group of each (n,); one that is alone in its group counts 0.

    >>> ends = np.array([[9.0, 0], [9, 1], [0, 9], [1, 9]])
    >>> silhouette(ends, np.array([0, 0, 1, 1])) > silhouette(ends, np.array([0, 1, 1, 0]))
    True
    """
    found, own = np.unique(groups, return_inverse=True)
    if len(found) == 1:
        return 0.0
    sums = np.zeros((len(found), vectors.shape[1]))
    np.add.at(sums, own, vectors)
    rows = np.arange(len(vectors))
    squares = np.einsum("ij,ij->i", vectors, vectors)
    total = np.einsum("ij,ij->i", sums, sums)
    products = vectors @ sums.T
    with_itself = products[rows, own]
    cosines = products / np.sqrt(total) / np.sqrt(squares)[:, None]
    cosines[rows, own] = -np.inf
    next_one = 1 - cosines.max(1)
    together = np.bincount(own)[own] > 1
    others = total[own] - 2 * with_itself + squares
    length = np.sqrt(np.where(others > 0, others, 1) * squares)
    its_own = 1 - np.where(others > 0, (with_itself - squares) / length, 0)
    most = np.maximum(its_own, next_one)
    gains = np.where(together & (most > 0), (next_one - its_own) / np.where(most > 0, most, 1), 0)
    return fsum(gains.tolist()) / len(gains)
