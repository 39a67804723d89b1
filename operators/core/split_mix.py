"""SplitMix64: bits that look random, as a pure function of a number.

Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

GOLDEN: Final = 0x9E3779B97F4A7C15
"""What the generator adds at each step."""


def finalised(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The generator's finaliser: each bit of the result depends on all bits of the number.

    >>> [f"{bits:x}" for bits in finalised(np.array([0, GOLDEN], np.uint64)).tolist()]
    ['0', 'e220a8397b1dcdaf']
    """
    x = x ^ (x >> np.uint64(30))
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x
