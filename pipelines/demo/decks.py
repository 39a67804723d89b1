"""The orders in which the demo's participants are shown the proposals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DECKS = 4_096
_POPULARITY_EXPONENT = 0.8  # Zipf-like; the offset keeps the first from taking everything
_POPULARITY_OFFSET = 6


def shuffle(statuses: Sequence[str], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return one order per row: popular proposals tend to come first.

    Weighted sampling without replacement: sort by an exponential draw divided by the weight
    (Efraimidis and Spirakis, 2006). Nobody sees pending proposals; refused ones come up rarely,
    as when people voted before the moderator looked.
    """
    shown = np.array([number for number, word in enumerate(statuses) if word != "pending"])
    refused = np.array([statuses[number] == "refused" for number in shown])
    place = np.argsort(np.argsort(rng.random(len(shown)) + refused))
    weight = (place + _POPULARITY_OFFSET) ** -_POPULARITY_EXPONENT
    order = np.argsort(-np.log1p(-rng.random((DECKS, len(shown)))) / weight, axis=1)
    return shown[order]
