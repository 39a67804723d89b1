"""Principal components: the two directions in which people differ most, exact and repeatable.

The matrix of ballots stays sparse: its columns' products (m x m) have the same axes. Their two
leading eigenvectors are found by block Krylov iteration (Y. Saad, "Numerical methods for large
eigenvalue problems", 2011, 6.4), which needs few products with that matrix, where a whole
decomposition takes m^3.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.matrix import Opinions, gram

DIMENSIONS: Final = 2
_BLOCK: Final = 4
_TOLERANCE: Final = 1e-10
"""Residual of an axis, as a share of the greatest eigenvalue."""


def leading(
    products: NDArray[np.float64], count: int, tolerance: float = _TOLERANCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The greatest eigenvalues of a symmetric matrix (m, m), and their vectors as columns.

    There are at most m of them, however many are asked for. The norm of each residual is at most
    `tolerance` times the greatest value.

    >>> leading(np.diag([1.0, 5.0, 3.0]), 2)[0].round(6).tolist()
    [5.0, 3.0]
    """
    m = len(products)
    wide = min(max(_BLOCK, count + 2), m)
    block = np.linalg.qr(np.random.default_rng(0).standard_normal((m, wide)))[0]
    basis, images = block, products @ block
    while True:
        values, vectors = np.linalg.eigh(basis.T @ images)
        values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
        axes = basis @ vectors
        residual = np.linalg.norm(images @ vectors - axes * values, axis=0)
        if basis.shape[1] >= m or (residual <= tolerance * max(values[0], 0.0)).all():
            return values, axes
        block = images[:, -block.shape[1] :]
        for _ in range(2):  # orthogonalising once leaves rounding errors
            block = block - basis @ (basis.T @ block)
            block = np.linalg.qr(block)[0]
        block = block[:, : m - basis.shape[1]]
        basis, images = np.hstack([basis, block]), np.hstack([images, products @ block])


def principal_axes(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """The two leading eigenvectors of a symmetric matrix (m, m), as columns, shape (m, 2).

    The entry of greatest size in each is positive. An axis along which nothing differs is 0.

    >>> np.abs(principal_axes(np.diag([1.0, 5.0, 3.0]))).round(6).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    values, axes = leading(products, DIMENSIONS)
    axes[:, values <= _TOLERANCE * max(values[0], 0.0)] = 0
    sign = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    found = np.zeros((len(products), DIMENSIONS))
    found[:, : axes.shape[1]] = axes * np.where(sign == 0, 1, sign)
    return found


def plane(
    opinions: Opinions, votes: NDArray[np.int8] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each ballot less its proposal's mean, shape (ballots,), and the axes, shape (m, 2)."""
    values = opinions.centred(votes)
    return values, principal_axes(gram(opinions, values))


def project(opinions: Opinions, votes: NDArray[np.int8] | None = None) -> NDArray[np.float64]:
    """Where each participant stands, shape (n, 2).

    Those who voted less lie nearer to the middle only because missing ballots are means: each is
    stretched by sqrt(proposals / voted). A proposal that is left out counts as voted by everybody.

    Args:
        opinions: Everybody's ballots.
        votes: Used instead of the votes of `opinions`, such as shuffled ones.
    """
    values, axes = plane(opinions, votes)
    rows, n = opinions.rows, len(opinions.participants)
    places = np.column_stack(
        [
            np.bincount(rows, weights=values * axes[opinions.columns, axis], minlength=n)
            for axis in range(DIMENSIONS)
        ]
    )
    kept = np.bincount(rows, weights=~opinions.left_out[opinions.columns], minlength=n)
    voted = kept + np.count_nonzero(opinions.left_out)
    stretch = np.sqrt(len(opinions.proposals) / np.maximum(voted, 1))
    return np.asarray(places * stretch[:, None])
