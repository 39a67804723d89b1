"""Consensus across countries: its formula, what it must not do, and what its interval covers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from operators.core.scores.agreement import Z95
from operators.core.scores.consensus import consensus, country_weights

tables = st.integers(1, 6).flatmap(
    lambda countries: st.lists(
        st.integers(0, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        min_size=countries,
        max_size=countries,
    )
)


def equal(votes):
    return country_weights([f"C{n:02d}" for n in range(len(votes))], votes, {})


def by_hand(agree, votes, weights):
    """One number at a time; the variances are those of scipy's Beta distributions."""
    used = [(a, n, w) for a, n, w in zip(agree, votes, weights, strict=True) if w > 0]
    m = 4
    s = sum(min(1, m / n) * n for _, n, _ in used if n)
    p = (sum(min(1, m / n) * a for a, n, _ in used if n) + 1) / (s + 2)
    log, variance, slope = 0.0, 0.0, 0.0
    for a, n, w in used:
        posterior = stats.beta(a + m * p, n - a + m * (1 - p))
        rate = posterior.mean()
        log += w * np.log(rate)
        variance += w**2 * posterior.var() / rate**2
        slope += w * m / ((n + m) * rate)
    variance += slope**2 * p * (1 - p) / (s + 3)
    low, high = np.exp(stats.norm(log, np.sqrt(variance)).interval(0.95))
    return np.exp(log), low, min(1, high)


@given(tables)
def test_it_is_a_weighted_mean_of_logarithms_with_beta_variances(table):
    agree, votes = zip(*table, strict=True)
    if not sum(votes):
        return
    found = consensus(agree, votes, equal(votes))
    value, low, high = by_hand(agree, votes, equal(votes))
    assert found.value == pytest.approx(value, abs=1e-9)
    assert found.low == pytest.approx(low, abs=1e-9)
    assert found.high == pytest.approx(high, abs=1e-9)


@given(tables)
def test_it_lies_within_its_bounds_and_between_the_countries(table):
    agree, votes = zip(*table, strict=True)
    weights = equal(votes)
    found = consensus(agree, votes, weights)
    if not sum(votes):
        assert np.isnan(found.value)
        assert (found.low, found.high) == (0, 1)
        return
    assert 0 < found.low <= found.value <= found.high <= 1
    rates = found.rates[weights > 0]
    assert rates.min() - 1e-12 <= found.value <= rates.max() + 1e-12


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_the_countries_does_not_matter(table, random):
    shuffled = random.sample(table, len(table))
    one, other = (
        consensus(a, n, equal(n)) for a, n in (zip(*t, strict=True) for t in (table, shuffled))
    )
    np.testing.assert_allclose(one.value, other.value, atol=1e-12)
    np.testing.assert_allclose(one.high, other.high, atol=1e-12)


def test_a_country_with_weight_0_changes_nothing_but_the_ballots_outside():
    without = consensus([8, 30], [10, 40], [0.5, 0.5])
    found = consensus([8, 30, 999], [10, 40, 1000], [0.5, 0.5, 0.0])
    assert (found.value, found.low, found.high) == (without.value, without.low, without.high)
    assert (found.votes_outside, without.votes_outside) == (1000, 0)
    assert found.weakest == 1


def test_listed_countries_count_without_ballots_and_others_do_not():
    codes, votes = ["DE", "FR", "LU", "ZZ"], [100, 40, 0, 9]
    assert country_weights(codes, votes, {"FR": 3, "LU": 1, "DE": 0}).tolist() == [0, 0.75, 0.25, 0]
    assert country_weights(codes, votes, {"DE": 0, "ZZ": 5}).tolist() == [0.5, 0.5, 0, 0]
    assert country_weights(codes, [0, 0, 0, 9], {}).tolist() == [0, 0, 0, 0]


def test_the_weakest_is_the_least_of_those_covered_and_the_first_of_equals():
    weights = np.full(4, 0.25)
    found = consensus([0, 20, 15, 15], [29, 30, 30, 30], weights)
    assert found.weakest == 2
    assert found.coverage == 0.75
    assert consensus([0, 1, 1, 1], [29, 29, 29, 29], weights).weakest == -1


def test_a_big_country_cannot_outvote_the_others():
    """100,000 ballots at 90 % against 26 countries of 20 at 30 %; equal weights say 0.31."""
    votes, agree = np.array([100_000] + [20] * 26), np.array([90_000] + [6] * 26)
    found = consensus(agree, votes, equal(votes))
    truth = np.exp((np.log(0.9) + 26 * np.log(0.3)) / 27)
    assert truth == pytest.approx(0.3125, abs=5e-4)
    assert found.value == pytest.approx(0.32, abs=5e-3)
    assert found.low < truth < found.high
    pooled = agree.sum() / votes.sum()
    shrunk = (agree + 20 * pooled) / (votes + 20)
    assert pooled > 0.89
    assert np.exp(np.log(shrunk).mean()) > 0.5


SCENARIOS = {
    "equal": (0.6, 0.1, [200] * 27),
    "few ballots": (0.6, 0.1, [20] * 27),
    "very few ballots": (0.7, 0.08, [8] * 27),
    "one big": (0.6, 0.1, [20_000] + [40] * 26),
    "low": (0.25, 0.06, [60] * 27),
    "high": (0.9, 0.04, [60] * 27),
    "divided": (0.5, 0.2, [100] * 27),
    "three countries": (0.6, 0.1, [50, 100, 500]),
    "one country": (0.6, 0.0, [150]),
    "long tail": (0.6, 0.1, [int(5000 / (n + 1) ** 1.5) + 5 for n in range(27)]),
    "by population": (0.6, 0.1, [int(5000 / (n + 1) ** 1.5) + 5 for n in range(27)]),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_interval_covers_91_to_98_percent(name):
    """New ballots and new countries' rates in each of 4,000 runs; 1 % is left for chance."""
    mean, spread, votes = SCENARIOS[name]
    rng = np.random.default_rng(list(SCENARIOS).index(name))
    rates = np.clip(rng.normal(mean, spread, (4_000, len(votes))), 0.02, 0.98)
    weights = 1 / np.arange(1, len(votes) + 1) if name == "by population" else np.ones(len(votes))
    weights = weights / weights.sum()
    truth = np.exp((weights * np.log(rates)).sum(-1))
    found = consensus(rng.binomial(votes, rates), np.broadcast_to(votes, rates.shape), weights)
    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.90 <= covered <= 0.99


def test_z_is_the_quantile_of_the_normal_distribution():
    assert pytest.approx(stats.norm.ppf(0.975), abs=1e-15) == Z95
