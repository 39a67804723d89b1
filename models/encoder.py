"""The interface of sentence encoders."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into vectors whose cosine says how near they are in meaning.

    A vector depends on its text alone: neither on the other texts of a call nor on their number.
    """

    @property
    def model(self) -> str:
        """Name and version, e.g. ``all-minilm-l6-v2/3f2a91``: vectors of two models never mix."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def reads(self, text: str) -> bool:
        """Whether the encoder knows most of a text's letters; of others it makes nothing."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, as an array (texts, dimension), in the order of the texts."""
        ...
