"""Draws are functions of seed, stream and number alone, and come in the stated shares."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.demo.traffic.draws import SLOTS, Shares, mixed, rows, uniform, zipf

MASK = 2**64 - 1


def split_mix(number: int, seed: int, stream: int) -> int:
    """SplitMix64 in Python's own numbers."""
    salt = ((seed << 8 | stream) * 0x9E3779B97F4A7C15) & MASK
    x = (number * 0x9E3779B97F4A7C15 + (salt ^ salt >> 29)) & MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
    return x ^ x >> 31


@given(st.integers(0, 2**62), st.integers(0, 2**32 - 1), st.integers(0, 255))
def test_the_bits_are_those_of_split_mix(number: int, seed: int, stream: int) -> None:
    assert mixed(np.array([number]), seed, stream).tolist() == [split_mix(number, seed, stream)]


def test_these_bits_never_change() -> None:
    """Workloads are drawn again to know what must come out, also by later versions."""
    assert mixed(np.array([0]), 1, 0).tolist() == [7_473_300_894_054_742_137]
    assert mixed(np.array([0]), 7, 3).tolist() == [7_976_015_081_742_856_441]


def test_rows_are_the_draws_of_their_streams_by_number() -> None:
    found = list(islice(rows(5, range(2, 4)), 10_000))
    numbers = np.arange(10_000)
    assert [row[0] for row in found] == uniform(numbers, 5, 2).tolist()
    assert [row[1] for row in found] == uniform(numbers, 5, 3).tolist()


def test_names_come_in_their_shares_by_bits_and_by_draws() -> None:
    shares = Shares({"app": 3.0, "web": 0.0, "widget": 1.0})
    numbers = shares.numbers(np.arange(SLOTS))
    assert np.bincount(numbers, minlength=3).tolist() == [SLOTS * 3 // 4, 0, SLOTS // 4]
    draws = uniform(np.arange(20_000), 1, 0)
    bits = (draws * SLOTS).astype(np.int64)
    assert [shares.names[n] for n in shares.numbers(bits)] == [shares.name(d) for d in draws]
    assert shares.name(0.0) == "app"
    assert shares.name(1 - 2**-53) == "widget"


@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0, 1.4])
def test_ranks_fall_as_zipf_s_law_says(exponent: float) -> None:
    ranks = zipf(uniform(np.arange(400_000), 3, 0), 50, exponent)
    assert (ranks.min(), ranks.max()) == (0, 49)
    counts = np.bincount(ranks)
    # By the integral between neighbours: the law of the continuous distribution behind it.
    assert counts[9] / counts[39] == pytest.approx((10.5 / 40.5) ** -exponent, rel=0.1)
