"""Wilson's interval, against its definition, golden figures, and the same formula as SQL."""

from fractions import Fraction
from math import sqrt

import chdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.scores.agreement import HIGH_SQL, LOW_SQL, RATE_SQL, Z95, agreement

counts = st.integers(0, 10**9).flatmap(
    lambda total: st.tuples(st.integers(0, total), st.just(total))
)


def quadratic_bounds(agree: int, total: int) -> tuple[float, float]:
    """The rates p at which (agree/total - p)² = z² p (1 - p) / total: two roots of a quadratic."""
    z2 = Fraction(Z95) ** 2
    a, b, c = total + z2, -(2 * agree + z2), Fraction(agree * agree, total)
    root = sqrt(b * b - 4 * a * c)
    return float(-b - Fraction(root)) / float(2 * a), float(-b + Fraction(root)) / float(2 * a)


@given(counts.filter(lambda counted: counted[1] > 0))
def test_the_bounds_solve_wilson_s_quadratic(counted) -> None:
    found = agreement(*counted)
    low, high = quadratic_bounds(*counted)
    assert found.low == pytest.approx(low, abs=1e-12)
    assert found.high == pytest.approx(high, abs=1e-12)


@given(counts)
def test_the_bounds_enclose_the_rate_and_stay_between_0_and_1(counted) -> None:
    found = agreement(*counted)
    assert 0 <= found.low < found.high <= 1
    if found.rate is not None:
        assert found.low - 1e-12 <= found.rate <= found.high + 1e-12


@given(counts)
def test_swapping_for_and_against_mirrors_the_interval(counted) -> None:
    agree, total = counted
    mirrored = agreement(total - agree, total)
    assert agreement(agree, total).low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(st.integers(0, 1_000), st.integers(1, 1_000))
def test_more_ballots_of_the_same_rate_narrow_the_interval(agree: int, against: int) -> None:
    few, many = agreement(agree, agree + against), agreement(10 * agree, 10 * (agree + against))
    assert many.high - many.low < few.high - few.low


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven
# methods", Statistics in Medicine 17 (1998), table I, method 3 (four decimals).
@pytest.mark.parametrize(
    ("agree", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_figures_of_newcombe_s_paper(agree: int, total: int, low: float, high: float) -> None:
    found = agreement(agree, total)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize("total", [1, 10, 1_000, 10**9])
def test_at_none_and_all_the_bounds_have_a_closed_form(total: int) -> None:
    nobody, everybody = agreement(0, total), agreement(total, total)
    assert nobody.low == pytest.approx(0, abs=1e-15)
    assert nobody.high == pytest.approx(Z95**2 / (total + Z95**2), rel=1e-12)
    assert everybody.low == pytest.approx(total / (total + Z95**2), rel=1e-12)
    assert everybody.high == pytest.approx(1, abs=1e-15)


def test_no_ballots_have_no_rate_and_know_nothing() -> None:
    found = agreement(0, 0)
    assert (found.rate, found.low, found.high) == (None, 0.0, 1.0)


@pytest.mark.parametrize(("agree", "total"), [(1, 0), (-1, 5), (6, 5), (0, -1)])
def test_counts_that_cannot_be_are_refused(agree: int, total: int) -> None:
    with pytest.raises(ValueError, match="need 0 <= agree <= total"):
        agreement(agree, total)


def test_the_sql_gives_the_numbers_of_python() -> None:
    # Random tables by ClickHouse itself, of every magnitude, with the corners beside.
    corners = [
        (0, 0),
        (0, 1),
        (1, 1),
        (0, 10**12),
        (10**12, 10**12),
        (1, 10**12),
        (29, 30),
        (15, 30),
    ]
    listed = ", ".join(f"({agree}, {total})" for agree, total in corners)
    columns = ", ".join(
        fragment.format(agree="agree", total="total") for fragment in (RATE_SQL, LOW_SQL, HIGH_SQL)
    )
    query = f"""
        SELECT agree, total, {columns}
        FROM (
            SELECT toUInt64(pair.1) AS agree, toUInt64(pair.2) AS total
            FROM (SELECT arrayJoin([{listed}]) AS pair)
            UNION ALL
            SELECT cityHash64(number, 'agree') % (total + 1) AS agree,
                   cityHash64(number, 'total') % toUInt64(pow(10, number % 13)) AS total
            FROM numbers(20000)
        )
        FORMAT TSV
    """
    rows = [line.split("\t") for line in str(chdb.query(query)).splitlines()]
    assert len(rows) == 20_000 + len(corners)
    assert sum(total == "0" for _, total, *_ in rows) > 1_000
    for agree, total, rate, low, high in rows:
        expected = agreement(int(agree), int(total))
        assert float(low) == pytest.approx(expected.low, abs=1e-12)
        assert float(high) == pytest.approx(expected.high, abs=1e-12)
        if expected.rate is None:
            assert rate == r"\N"
        else:
            assert float(rate) == pytest.approx(expected.rate, abs=1e-12)
