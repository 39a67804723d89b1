"""A topic's agreement: against scipy, by simulation, and the same formula as SQL."""

import json

import chdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from operators.core.clusters.cluster_agreement import (
    BETWEEN_SQL,
    HIGH_SQL,
    LOW_SQL,
    MEAN_SQL,
    PROPOSALS_SQL,
    T95,
    cluster_agreement,
    student_t,
)
from operators.core.scores.agreement import agreement

proposals = st.integers(10, 10**6).flatmap(
    lambda total: st.tuples(st.integers(0, total), st.just(total))
)
few = st.integers(0, 9).map(lambda total: (total, total))


def test_student_s_quantiles_are_scipy_s() -> None:
    freedom = np.arange(1, 30_001)
    error = np.array([student_t(int(df)) for df in freedom]) - stats.t.ppf(0.975, freedom)
    assert np.abs(error[: len(T95)]).max() < 1e-13
    assert error[len(T95) :].min() > -2.7e-8
    assert error.max() < 1e-13


@given(st.lists(proposals, min_size=3, max_size=60), st.lists(few, max_size=5))
def test_the_interval_is_scipy_s_of_the_rates_that_count(counted, uncounted) -> None:
    found = cluster_agreement([*uncounted, *counted])
    rates = np.array([agree / total for agree, total in counted])
    half = stats.t.ppf(0.975, len(rates) - 1) * stats.sem(rates)
    assert found.proposals == len(rates)
    assert found.mean == pytest.approx(rates.mean(), abs=1e-12)
    assert found.low == pytest.approx(max(0, rates.mean() - half), abs=1e-7)
    assert found.high == pytest.approx(min(1, rates.mean() + half), abs=1e-7)


@given(st.lists(proposals, max_size=2), st.lists(few, max_size=9))
def test_under_three_proposals_that_count_there_is_no_figure(counted, uncounted) -> None:
    found = cluster_agreement([*counted, *uncounted])
    assert found.proposals == len(counted)
    assert found.mean is found.low is found.high is found.between is None


def simulate(random, proposals: int, spread: tuple[float, float]) -> list[tuple[int, int]]:
    rates = random.beta(*spread, proposals)
    totals = 10 + random.geometric(0.02, proposals)
    return list(zip(random.binomial(totals, rates).tolist(), totals.tolist(), strict=True))


@pytest.mark.parametrize("spread", [(6, 4), (2, 2), (8, 3)])
@pytest.mark.parametrize("number", [3, 8, 40])
def test_19_intervals_in_20_hold_the_mean_of_the_topic(number: int, spread) -> None:
    random = np.random.default_rng(1)
    truth, runs = spread[0] / sum(spread), 3_000
    found = [cluster_agreement(simulate(random, number, spread)) for _ in range(runs)]
    covered = sum(each.low <= truth <= each.high for each in found) / runs
    assert 0.935 < covered < 0.965


def test_wilson_s_interval_of_pooled_ballots_would_hold_it_far_too_rarely() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(1_000):
        ballots = simulate(random, 40, (2, 2))
        pooled = agreement(sum(a for a, _ in ballots), sum(n for _, n in ballots))
        covered += pooled.low <= 0.5 <= pooled.high
    assert covered < 500


@pytest.mark.parametrize("spread", [(6, 4), (2, 2), (60, 40)])
def test_the_variance_between_proposals_is_that_of_their_true_rates(spread) -> None:
    random = np.random.default_rng(2)
    found = [cluster_agreement(simulate(random, 400, spread)).between for _ in range(300)]
    assert np.mean(found) == pytest.approx(stats.beta(*spread).var(), rel=0.03)


def test_proposals_that_differ_by_chance_alone_have_no_variance_between_them() -> None:
    random = np.random.default_rng(3)
    totals = np.full(200, 50)
    found = [
        cluster_agreement(zip(random.binomial(totals, 0.4).tolist(), totals.tolist(), strict=True))
        for _ in range(200)
    ]
    assert min(each.between for each in found) == 0
    assert np.mean([each.between for each in found]) < 0.0005


def test_the_sql_gives_the_numbers_of_python() -> None:
    columns = ", ".join(
        fragment.format(agree="agree", total="total")
        for fragment in (PROPOSALS_SQL, MEAN_SQL, LOW_SQL, HIGH_SQL, BETWEEN_SQL)
    )
    query = f"""
        SELECT groupArray((agree, total)), {columns}
        FROM (
            SELECT number % 200 AS topic, cityHash64(number, 'agree') % (total + 1) AS agree,
                   cityHash64(number, 'total') % if(topic % 2 = 0, 25, 10000) AS total
            FROM numbers(20000) WHERE cityHash64(number, 'kept') % (topic + 1) < 40
            UNION ALL SELECT 900, 10, 10 FROM numbers(5)
        )
        GROUP BY topic FORMAT JSONCompactEachRow
        SETTINGS output_format_json_quote_64bit_integers = 0
    """
    rows = [json.loads(line) for line in str(chdb.query(query)).splitlines()]
    assert len(rows) == 201
    sizes = set()
    for ballots, counted, mean, low, high, between in rows:
        expected = cluster_agreement(ballots)
        sizes.add(min(counted, 31))
        assert counted == expected.proposals
        for shown, wanted in [
            (mean, expected.mean), (low, expected.low), (high, expected.high),
            (between, expected.between),
        ]:  # fmt: skip
            assert (shown is None) == (wanted is None)
            assert wanted is None or shown == pytest.approx(wanted, abs=1e-12)
    assert {1, 2, 3, 31} & sizes
    assert len(sizes) > 10
