"""Dip: how far a distribution is from having a single peak.

J. A. Hartigan, P. M. Hartigan, "The dip test of unimodality", Annals of Statistics 13 (1985). The
dip is the least share of the values that would have to move for one peak to be left: 0 for one
peak, 1/4 for two equal points. Twice the dip is the mass by which two peaks exceed the best one
(D. W. Müller, G. Sawitzki, "Excess mass estimates and tests for multimodality", Journal of the
American Statistical Association 86, 1991).
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def dip(values: Values) -> float:
    """The dip of values in any order, 1 / (2 n) to 1/4.

    >>> dip(np.array([0.0, 0, 0, 1, 1, 1]))
    0.25
    >>> dip(np.arange(10.0))
    0.05
    """
    x, counts = np.unique(values, return_counts=True)
    above = np.cumsum(counts).astype(float)  # the distribution function, times n
    below = above - counts.astype(float)
    low, high = 0, len(x) - 1
    deepest = 1.0
    while low < high:
        minorant = low + _convex(x[low : high + 1], below[low : high + 1])
        majorant = low + _convex(x[low : high + 1], -above[low : high + 1])
        knots = np.union1d(minorant, majorant)
        width = np.interp(x[knots], x[majorant], above[majorant]) - np.interp(
            x[knots], x[minorant], below[minorant]
        )
        widest = int(width.argmax())
        if width[widest] <= deepest:
            break
        first = int(minorant[minorant <= knots[widest]][-1])
        last = int(majorant[majorant >= knots[widest]][0])
        # The peak itself may hold many equal values: it is no part of either slope.
        rising, falling = slice(low, first), slice(last + 1, high + 1)
        ascent = above[rising] - np.interp(x[rising], x[minorant], below[minorant])
        descent = np.interp(x[falling], x[majorant], above[majorant]) - below[falling]
        deepest = max(deepest, ascent.max(initial=0), descent.max(initial=0))
        if (first, last) == (low, high):
            break
        low, high = first, last
    return float(deepest) / (2 * len(values))


def _convex(x: Values, y: Values) -> NDArray[np.intp]:
    """The knots of the greatest convex function below the points, as places in x."""
    xs, ys = x.tolist(), y.tolist()
    knots: list[int] = []
    for place in range(len(xs)):
        while len(knots) > 1:
            last, before = knots[-1], knots[-2]
            rise, run = ys[last] - ys[before], xs[last] - xs[before]
            if rise * (xs[place] - xs[before]) < (ys[place] - ys[before]) * run:
                break
            knots.pop()
        knots.append(place)
    return np.array(knots)
