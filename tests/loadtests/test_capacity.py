"""The search for the capacity, against a chain whose capacity is known."""

import random

import pytest

from loadtests.capacity import Trial, assess, highest, search

SECONDS = 30.0
BOUND_MS = 3_000.0


def chain(capacity: float, rate: float) -> Trial:
    """Above its capacity the wait grows by what is left over."""
    excess = max(rate / capacity - 1, 0) * SECONDS * 1000
    return assess(rate, SECONDS, p99_ms=900 + excess, rise_ms=excess * 2 / 3, bound_ms=BOUND_MS)


@pytest.mark.parametrize("capacity", [120, 4_000, 5_000, 17_300, 61_000, 250_000])
@pytest.mark.parametrize("start", [1_000, 5_000, 40_000])
def test_the_capacity_is_found_within_the_precision(capacity: float, start: float) -> None:
    trials = search(lambda rate: chain(capacity, rate), start, precision=0.1)
    # A rate up to 4.5 % above does not grow by 3 % of the time in two thirds of the trial.
    assert 0.88 * capacity <= highest(trials) <= 1.06 * capacity
    assert len(trials) < 30


def test_one_bad_moment_does_not_lower_the_answer() -> None:
    dice = random.Random(4)
    tried: set[float] = set()

    def disturbed(rate: float) -> Trial:
        first, _ = rate not in tried, tried.add(rate)
        if first and dice.random() < 0.5:
            return Trial(rate, kept_up=False, p99_ms=9_000, rise_ms=0)
        return chain(20_000, rate)

    assert 17_600 <= highest(search(disturbed, 5_000, precision=0.1)) <= 21_200


def test_a_chain_that_keeps_up_with_nothing_has_no_capacity() -> None:
    trials = search(lambda rate: assess(rate, 30, 1e6, 0, BOUND_MS), 100, precision=0.1)
    assert highest(trials) == 0


def test_a_growing_wait_is_no_capacity_even_below_the_bound() -> None:
    assert not assess(1_000, SECONDS, p99_ms=1_500, rise_ms=1_000, bound_ms=BOUND_MS).kept_up
    assert not assess(1_000, SECONDS, p99_ms=3_100, rise_ms=0, bound_ms=BOUND_MS).kept_up
    assert assess(1_000, SECONDS, p99_ms=2_900, rise_ms=100, bound_ms=BOUND_MS).kept_up
