"""Language directions: what texts of one language have in common, taken away from their vectors.

An encoder of many languages keeps apart what is said in two of them: clusters would be languages.
Vectors of the same contents in several languages differ, on average, in a few directions only.
Without these, a vector says the same in every language, whose name need not be known.
`models.sentences.learn` finds the directions.

Source: Yang et al., "A Simple and Effective Method To Eliminate the Self Language Bias in
Multilingual Representations", EMNLP 2021.
"""

import io

import numpy as np
from numpy.typing import NDArray

from operators.core.errors import TerminalError


def without(vectors: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors (texts, dimension) less their shares of the directions (number, dimension).

    Row by row and without a matrix product, whose bits depend on the number of rows: a vector's
    bits depend on its text alone.

    >>> ways = np.array([[0, 1, 0]], np.float32)
    >>> without(np.array([[1, 2, 3]], np.float32), ways).tolist()
    [[1.0, 0.0, 3.0]]
    """
    left = np.empty_like(vectors)
    for row, vector in enumerate(vectors):
        shares = (directions * vector).sum(axis=1, keepdims=True)
        left[row] = vector - (directions * shares).sum(axis=0)
    return left


def read(content: bytes, dimension: int) -> NDArray[np.float32]:
    """The directions (number, dimension) of a file.

    Raises:
        TerminalError: It holds something else than directions at right angles, of length 1.
    """
    try:
        found = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise TerminalError(f"The language directions cannot be read: {error}.") from None
    if not isinstance(found, np.ndarray) or found.shape[1:] != (dimension,):
        raise TerminalError(f"The language directions are no rows of {dimension} numbers.")
    if found.dtype != np.float32 or not np.allclose(found @ found.T, np.eye(len(found)), atol=1e-3):
        raise TerminalError("The language directions are not at right angles, of length 1.")
    return found


def write(directions: NDArray[np.float32]) -> bytes:
    """The file of directions."""
    file = io.BytesIO()
    np.save(file, directions, allow_pickle=False)
    return file.getvalue()
