"""A matrix of 4-bit numbers with a scale per 32 columns: a sixth of the memory of float32.

Source of the layout: block format Q4_0 of ggml; ONNX Runtime's operators MatMulNBits and
GatherBlockQuantized compute with it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 32
"""Columns that share a scale."""

ZERO: Final = 8
"""The code that means 0; codes are 0 to 15."""

_STORED: Final = np.dtype([("scale", "<f2"), ("codes", "u1", BLOCK // 2)])


@dataclass(frozen=True, slots=True, eq=False)
class FourBits:
    """A matrix (rows, columns).

    Attributes:
        scales: Per row and block, float32 (rows, blocks).
        codes: The numbers 0 to 15 (rows, blocks, 32).
    """

    scales: NDArray[np.float32]
    codes: NDArray[np.uint8]

    @classmethod
    def read(cls, raw: bytes, columns: int) -> "FourBits":
        """Read blocks of a half-precision scale and 16 bytes: column j low, column j + 16 high.

        Raises:
            ValueError: The bytes are no rows of so many columns.
        """
        if columns % BLOCK:
            raise ValueError(f"{columns} columns are no whole blocks of {BLOCK}")
        blocks = np.frombuffer(raw, _STORED).reshape(-1, columns // BLOCK)
        codes = blocks["codes"]
        return cls(
            blocks["scale"].astype(np.float32), np.concatenate([codes & 15, codes >> 4], axis=-1)
        )

    @property
    def packed(self) -> NDArray[np.uint8]:
        """As ONNX Runtime wants it: byte j of a block holds columns 2j (low) and 2j + 1 (high)."""
        found: NDArray[np.uint8] = self.codes[..., 0::2] | (self.codes[..., 1::2] << np.uint8(4))
        return found

    @property
    def dense(self) -> NDArray[np.float32]:
        """The matrix as float32.

        >>> one = FourBits(np.full((1, 1), 0.5, np.float32), np.full((1, 1, 32), 10, np.uint8))
        >>> one.dense.shape, float(one.dense[0, 0])
        ((1, 32), 1.0)
        """
        wide = (self.codes.astype(np.float32) - np.float32(ZERO)) * self.scales[..., None]
        return wide.reshape(len(wide), -1)
