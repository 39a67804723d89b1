"""Separation: is there a gap between groups, or do people stand everywhere between them?

k-means cuts a continuum as readily as it finds camps, and the halves of a line are better
separated (silhouette) than any cut through noise. So the gap is looked for itself: people are
looked at from twelve sides of the plane in which they are grouped, and the greatest dip is how
far their distribution is from one peak. One peak from every side: a continuum.

A person's place is the least-squares one, by the proposals that the person voted on. That of the
map (`projection`) draws people with few ballots to the middle, into the gap.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.dip import dip
from operators.core.groups.matrix import Opinions
from operators.core.groups.projection import DIMENSIONS, plane

SIDES: Final = 12
MAX_PLACES: Final = 2_000
"""Of more people, so many evenly chosen along each side are looked at."""


def places(opinions: Opinions, members: NDArray[np.intp]) -> NDArray[np.float64]:
    """The least-squares place of each member, shape (g, 2); on an axis without ballots: 0."""
    values, axes = plane(opinions)
    n, rows = len(opinions.participants), opinions.rows
    seen = axes[opinions.columns] * ~opinions.left_out[opinions.columns, None]

    def total(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(rows, weights=weights, minlength=n)[members].astype(float)

    products = np.empty((len(members), DIMENSIONS, DIMENSIONS))
    for one in range(DIMENSIONS):
        for other in range(DIMENSIONS):
            products[:, one, other] = total(seen[:, one] * seen[:, other])
    answers = np.column_stack([total(values * seen[:, axis]) for axis in range(DIMENSIONS)])
    return np.asarray(np.einsum("gab,gb->ga", np.linalg.pinv(products, hermitian=True), answers))


def gap(points: NDArray[np.float64]) -> float:
    """The greatest dip of points, shape (g, 2), seen from twelve sides; 0 without points.

    >>> round(gap(np.array([[0.0, 0], [0, 1], [0, 2], [9, 0], [9, 1], [9, 2]])), 3)
    0.25
    """
    if not len(points):
        return 0.0
    angles = np.arange(SIDES) * np.pi / SIDES
    found = 0.0
    for side in np.column_stack([np.cos(angles), np.sin(angles)]):
        seen = np.sort((points @ side).round(12))
        if len(seen) > MAX_PLACES:
            seen = seen[np.linspace(0, len(seen) - 1, MAX_PLACES).astype(np.intp)]
        found = max(found, dip(seen))
    return found
