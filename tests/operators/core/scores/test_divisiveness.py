"""Divisiveness and the spread over countries, against the moments they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from operators.core.scores.divisiveness import country_spread, divisiveness

count = st.integers(0, 10**9)


@given(count, count)
def test_without_neutral_ballots_it_is_four_times_the_variance_of_a_ballot(agree, disagree):
    total = agree + disagree
    found = divisiveness(agree, disagree, total)
    if total == 0:
        assert np.isnan(found)
        return
    assert found == pytest.approx(4 * (agree / total) * (1 - agree / total), abs=1e-12)


@given(count, count, count)
def test_it_is_between_0_and_1_and_the_same_for_both_sides(agree, disagree, neutral):
    total = agree + disagree + neutral
    if total:
        assert 0 <= divisiveness(agree, disagree, total) <= 1
        assert divisiveness(agree, disagree, total) == divisiveness(disagree, agree, total)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1)), min_size=1, max_size=27))
def test_the_spread_is_the_weighted_standard_deviation(drawn):
    rates, weights = np.array(drawn).T
    weights = weights / weights.sum()
    assert country_spread(rates, weights) == pytest.approx(
        DescrStatsW(rates, weights).std, abs=1e-12
    )
    assert country_spread(rates, weights) <= 0.5 + 1e-12


def test_no_countries_have_no_spread():
    assert np.isnan(country_spread([0.5, 0.5], [0.0, 0.0]))
