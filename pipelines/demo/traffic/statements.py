"""What a vote says: a choice, and sometimes qualifications of it."""

from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.traffic.draws import SLOTS
from schemas.events import CHOICES, QUALIFICATIONS


class Statement(NamedTuple):
    """A choice with its qualifications."""

    choice: str
    qualifications: tuple[str, ...]


def _qualified(choice: str) -> list[tuple[str, ...]]:
    """The qualifications that generated votes carry: none, each alone, the first two together."""
    fit = QUALIFICATIONS[choice]
    return [(), *((name,) for name in fit), *list(combinations(fit, 2))[:1]]


STATEMENTS: Final = tuple(
    Statement(choice, qualifications) for choice in CHOICES for qualifications in _qualified(choice)
)
"""All statements that generated votes make; of a choice the unqualified one comes first."""


def statement_table(qualified_share: float) -> NDArray[np.uint8]:
    """A table that turns a choice and 16 random bits into the number of a statement.

    Args:
        qualified_share: Share of the votes with qualifications; each possibility is equally likely.

    Returns:
        One row per choice of `CHOICES`, one column per value of the bits.

    Example:
        >>> table = statement_table(0.2)
        >>> [STATEMENTS[table[0, bits]].qualifications for bits in (0, 13_106, 13_108)]
        [('likeIt',), ('likeIt', 'doable'), ()]
    """
    limit = qualified_share * SLOTS
    bits = np.arange(SLOTS)
    table = np.empty((len(CHOICES), SLOTS), dtype=np.uint8)
    for row, choice in enumerate(CHOICES):
        kinds = len(_qualified(choice)) - 1
        pick = np.where(bits < limit, 1 + (bits * kinds / max(limit, 1)).astype(np.int64), 0)
        table[row] = STATEMENTS.index(Statement(choice, ())) + np.minimum(pick, kinds)
    return table
