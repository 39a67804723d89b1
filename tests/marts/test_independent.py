"""Scores recomputed from the formulas' words with exact fractions, sharing no code."""

from decimal import Decimal, getcontext
from fractions import Fraction

from clickhouse_server import insert_consultation, insert_proposals, insert_tallies

from operators.core.groups.consensus import group_consensus
from operators.core.scores.consensus import consensus
from operators.core.signals.burst import poisson_tail

getcontext().prec = 50
Z = Decimal("1.959963984540054")


def exact(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def test_consensus_with_weights_is_that_of_exact_fractions_in_python_and_in_the_view(clickhouse):
    agree, votes, weights = [9_000, 6, 0], [10_000, 20, 3], [6, 3, 1]
    m = 4
    f = [min(Fraction(1), Fraction(m, n)) for n in votes]
    s = sum(x * n for x, n in zip(f, votes, strict=True))
    p = (sum(x * a for x, a in zip(f, agree, strict=True)) + 1) / (s + 2)
    w = [Fraction(x, sum(weights)) for x in weights]
    rates = [(a + m * p) / (n + m) for a, n in zip(agree, votes, strict=True)]
    log = sum(exact(x) * exact(r).ln() for x, r in zip(w, rates, strict=True))
    own = sum(x**2 * (1 - r) / (r * (n + m + 1)) for x, r, n in zip(w, rates, votes, strict=True))
    shared = sum(x * m / ((n + m) * r) for x, r, n in zip(w, rates, votes, strict=True))
    sd = exact(own + shared**2 * p * (1 - p) / (s + 3)).sqrt()
    expected = [float(log.exp()), float((log - Z * sd).exp()), float(min(1, (log + Z * sd).exp()))]

    found = consensus(agree, votes, [float(x) for x in w])
    python = [float(found.value), float(found.low), float(found.high)]

    insert_consultation(clickhouse, "exact", dict(zip(("DE", "FR", "LU"), weights, strict=True)))
    insert_proposals(clickhouse, "exact", ["p"])
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": "exact", "proposal_id": "p", "country": c, "trust": "trusted"}
            | {"agree": a, "neutral": n - a}
            for c, a, n in zip(("DE", "FR", "LU"), agree, votes, strict=True)
        ],
    )
    view = clickhouse.query(
        "SELECT consensus, consensus_low, consensus_high FROM marts.leaderboard"
        " WHERE consultation_id = 'exact'"
    ).result_rows[0]
    for got in (python, view):
        assert max(abs(a - b) for a, b in zip(got, expected, strict=True)) < 1e-9


def test_bounds_of_gic_are_those_of_exact_fractions():
    groups = [(40, 3, 55), (7, 1, 9), (5, 0, 5)]
    rates = [Fraction(a + 1, s + 2) for a, _, s in groups]
    log = sum(exact(r).ln() for r in rates)
    sd = exact(
        sum((1 - r) / (r * (s + 3)) for r, (_, _, s) in zip(rates, groups, strict=True))
    ).sqrt()
    found = group_consensus(groups)
    for bounded, share in ((found.gic, 1), (found.gic_geomean, len(groups))):
        ends = [(log + side * Z * sd) / share for side in (0, -1, 1)]
        expected = [min(1.0, float(end.exp())) for end in ends]
        got = [bounded.value, bounded.low, bounded.high]
        assert max(abs(a - b) for a, b in zip(got, expected, strict=True)) < 1e-9


def test_the_poisson_tail_of_a_burst_is_one_less_the_exact_sum():
    mean, count = Decimal(8), 33
    term = total = (-mean).exp()
    for k in range(1, count):
        term = term * mean / k
        total += term
    expected = float(1 - total)
    assert abs(poisson_tail(count, float(mean)) / expected - 1) < 1e-9
