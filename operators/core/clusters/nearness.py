"""From which cosine two proposals are suggested as a pair, by encoder.

A cosine means another thing by each encoder: two proposals on one subject have about .5 by
all-minilm-l6-v2 and .85 by multilingual-e5-small. The bounds come from texts whose relation is
known; docs/clusters.md has the table.
"""

from dataclasses import dataclass
from typing import Final

from operators.core.clusters.stance import Stance

METHOD: Final = "nearness/by-encoder/1"
"""Name and version of the bounds."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """Bounds of one encoder.

    Attributes:
        near: Least cosine of a pair whose stance can be judged.
        unjudged: Least cosine of a pair whose stance is unclear: it may be the opposite.
    """

    near: float
    unjudged: float

    def suggests(self, cosine: float, verdict: Stance) -> bool:
        """Whether a pair is shown to moderators.

        >>> bounds = nearness("multilingual-e5-small/3f2a91")
        >>> bounds.suggests(0.93, "opposite"), bounds.suggests(0.93, "unclear")
        (True, False)
        """
        return cosine >= (self.unjudged if verdict == "unclear" else self.near)


BY_ENCODER: Final = {
    "all-minilm-l6-v2": Nearness(near=0.85, unjudged=0.92),
    "multilingual-e5-small": Nearness(near=0.92, unjudged=0.95),
}
OTHERS: Final = Nearness(near=0.95, unjudged=0.98)
"""Of encoders about which nothing was measured."""


def nearness(model: str) -> Nearness:
    """The bounds of an encoder, by its name with or without version."""
    return BY_ENCODER.get(model.partition("/")[0], OTHERS)
