"""The generator of the publication, and bits that look random."""

import numpy as np

from operators.core.split_mix import GOLDEN, finalised


def published(seed: int, count: int) -> list[int]:
    """SplitMix64 as published, in Python's own numbers."""
    mask, state, drawn = 2**64 - 1, seed, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        x = state
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ x >> 27) * 0x94D049BB133111EB & mask
        drawn.append(x ^ x >> 31)
    return drawn


def test_it_is_the_published_generator():
    steps = np.arange(1, 1_001, dtype=np.uint64) * np.uint64(GOLDEN) + np.uint64(42)
    assert finalised(steps).tolist() == published(42, 1_000)


def test_every_bit_is_set_half_of_the_time():
    bits = np.unpackbits(finalised(np.arange(10_000, dtype=np.uint64)).view(np.uint8))
    shares = bits.reshape(10_000, 64).mean(axis=0)
    assert abs(shares - 0.5).max() < 0.025  # five standard deviations


def test_what_it_is_given_stays_as_it_is():
    numbers = np.array([1, 2], np.uint64)
    finalised(numbers)
    assert numbers.tolist() == [1, 2]
