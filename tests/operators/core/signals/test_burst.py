"""Bursts: the Poisson tail against scipy, and what the expectation follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from operators.core.signals.burst import (
    Traffic,
    burst_minutes,
    expected_ballots,
    is_burst,
    poisson_tail,
)


@given(st.integers(0, 5_000), st.floats(1e-6, 5_000))
def test_the_tail_is_that_of_scipy(count, expected):
    assert poisson_tail(count, expected) == pytest.approx(
        poisson.sf(count - 1, expected), rel=1e-9, abs=1e-300
    )


def test_thirty_ballots_are_needed_and_more_than_three_times_as_expected():
    assert is_burst(30, 5.0)
    assert not is_burst(29, 5.0)
    assert not is_burst(3_000, 1_000.0)
    assert is_burst(3_001, 1_000.0)


def test_three_times_as_many_is_not_enough_if_chance_gives_it():
    assert poisson_tail(31, 10.3) < 1e-6
    assert poisson_tail(30, 9.99) > 1e-7


def test_the_share_of_all_is_what_is_expected_where_countries_are_alike():
    traffic = Traffic({"FR": 500, "DE": 500}, {"FR": 50_000, "DE": 50_000}, proposals=100)
    assert expected_ballots(traffic, {"FR": 500, "DE": 500}) == pytest.approx(10, rel=0.01)


def test_a_country_of_many_ballots_counts_by_its_own_share():
    traffic = Traffic({"FR": 2_000, "DE": 50}, {"FR": 50_000, "DE": 50_000}, proposals=100)
    french = expected_ballots(traffic, {"FR": 1_000})
    assert french == pytest.approx(2_000 * 0.02, rel=0.05)


def test_a_country_of_few_ballots_hides_no_attack():
    """By its own share of 2 in 3, two hundred ballots from Luxembourg would be what is usual."""
    traffic = Traffic({"LU": 200, "FR": 500}, {"LU": 3, "FR": 100_000}, proposals=100)
    assert expected_ballots(traffic, {"LU": 2, "FR": 1_000}) < 10


def test_a_proposal_without_a_past_expects_something():
    assert expected_ballots(Traffic({"FR": 10}, {}, proposals=4), {}) == pytest.approx(2.5)


def test_a_proposal_younger_than_a_day_is_compared_with_its_own_time():
    traffic = Traffic({"FR": 1_000}, {"FR": 96_000}, proposals=100)
    whole = expected_ballots(traffic, {"FR": 960})
    young = expected_ballots(traffic, {"FR": 240}, observed_share=0.25)
    assert young == pytest.approx(whole, rel=0.01)


def test_single_ballots_before_and_after_are_no_part_of_a_burst():
    assert burst_minutes([1, 0, 0, 20, 30, 1, 25, 1, 0, 0], 0.1) == (3, 6)
