"""Cross-country consensus: agreement that holds in every country, each by its weight.

The geometric mean of the countries' agreement, weighted (e.g. by population). A country with few
ballots is drawn towards a prior that every country informs equally, so that a big country cannot
outvote the others and a small one cannot decide by noise. With one country of 100,000 ballots at
90 % and 26 of 20 ballots at 30 % (truth 0.31) pooled ballots say 0.90 and a pooled prior 0.51,
this one 0.32. The interval is normal for the logarithm of the mean (delta method), the prior's own
uncertainty included; it covered 91 to 98 % in simulations. The formula is tutti's own.

For country c with A of N ballots that agree, and m = 4:

    f_c = min(1, m / N_c); S = sum f_c N_c; p = (sum f_c A_c + 1) / (S + 2)
    a_c = (A_c + m p) / (N_c + m); consensus = exp(sum w_c ln a_c)
    sd^2 = sum w_c^2 (1 - a_c) / (a_c (N_c + m + 1))
         + (sum w_c m / ((N_c + m) a_c))^2 p (1 - p) / (S + 3)

`consensus` and the SQL below are one formula twice; a test holds them equal to 1e-9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from operators.core.scores.agreement import Z95

METHOD: Final = "consensus/geometric-shrunk-95/1"
"""Name and version, published beside the numbers."""

PRIOR_BALLOTS: Final = 4
"""m: ballots that the prior weighs in each country, and most ballots of a country that form it."""

COVERED_BALLOTS: Final = 30
"""A country with fewer is not covered, and cannot be called the weakest."""

UNKNOWN: Final = "ZZ"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Consensus:
    """Consensus per proposal (shape ...), from countries (last axis).

    Attributes:
        value: From 0 to 1; NaN without a ballot in a country that counts.
        low: Lower bound of the 95 % interval; 0 without ballots.
        high: Upper bound; 1 without ballots.
        coverage: Weight of the countries with at least 30 ballots, from 0 to 1.
        votes_outside: Ballots of countries that do not count.
        weakest: Index of the country with the least rate of those covered; -1: none is.
        rates: The countries' rates a_c (shape ..., countries).
    """

    value: Floats
    low: Floats
    high: Floats
    coverage: Floats
    votes_outside: NDArray[np.int64]
    weakest: NDArray[np.int64]
    rates: Floats


def country_weights(
    countries: Sequence[str], votes: ArrayLike, listed: Mapping[str, float]
) -> Floats:
    """How much each country counts: weights that sum to 1, or 0 for one that does not count.

    Countries that the consultation lists with a weight above 0 count; if there are none, those
    with ballots count equally. Ballots of an unknown country (ZZ) never count.

    Args:
        countries: Codes: all that are listed or have ballots.
        votes: Ballots (shape ..., countries).
        listed: The consultation's weights.

    >>> country_weights(["FR", "LU", "ZZ"], [40, 0, 9], {"FR": 3, "LU": 1}).tolist()
    [0.75, 0.25, 0.0]
    >>> country_weights(["FR", "LU", "ZZ"], [40, 0, 9], {}).tolist()
    [1.0, 0.0, 0.0]
    """
    known = np.array([country != UNKNOWN for country in countries], dtype=bool)
    given = known * np.array([max(0.0, listed.get(c, 0.0)) for c in countries], dtype=np.float64)
    n = np.asarray(votes)
    raw = np.broadcast_to(given, n.shape) if given.any() else (known & (n > 0)).astype(np.float64)
    weights: Floats = raw / np.maximum(raw.sum(-1, keepdims=True), np.finfo(float).tiny)
    return weights


def consensus(agree: ArrayLike, votes: ArrayLike, weights: ArrayLike) -> Consensus:
    """Consensus of many proposals at once.

    Args:
        agree: Ballots that agree (shape ..., countries in the order of their codes).
        votes: Ballots (agree, disagree and neutral), of the same shape.
        weights: From `country_weights`.

    >>> found = consensus([900, 300], [1000, 1000], [0.5, 0.5])
    >>> round(float(found.value), 3), round(float(found.low), 3), round(float(found.high), 3)
    (0.52, 0.496, 0.546)
    """
    a, n = np.asarray(agree, dtype=np.float64), np.asarray(votes, dtype=np.float64)
    w, m = np.asarray(weights, dtype=np.float64), PRIOR_BALLOTS
    counts, covered = w > 0, (w > 0) & (n >= COVERED_BALLOTS)
    informs = np.where(counts, np.minimum(1, m / np.maximum(n, 1)), 0)
    s = (informs * n).sum(-1)
    p = ((informs * a).sum(-1) + 1) / (s + 2)
    rates = (a + m * p[..., None]) / (n + m)
    value = np.exp((w * np.log(rates)).sum(-1))
    own = (w**2 * (1 - rates) / (rates * (n + m + 1))).sum(-1)
    shared = (w * m / ((n + m) * rates)).sum(-1) ** 2 * p * (1 - p) / (s + 3)
    factor = np.exp(Z95 * np.sqrt(own + shared))
    least = np.where(covered, rates, np.inf).argmin(-1)
    return Consensus(
        value=np.where(s > 0, value, np.nan),
        low=np.where(s > 0, value / factor, 0),
        high=np.where(s > 0, np.minimum(value * factor, 1), 1),
        coverage=np.minimum((w * covered).sum(-1), 1),
        votes_outside=(n * ~counts).sum(-1).astype(np.int64),
        weakest=np.where(covered.any(-1), least, -1),
        rates=rates,
    )


_ZEROS = "arrayWithConstant(length({of}), to{type}(0))"


def _aligned(position: int) -> str:
    """A column of `by_country`, with zeros for listed countries without ballots."""
    zeros = _ZEROS.format(of="listed", type="UInt64")
    return f"mapAdd((by_country.1, by_country.{position}), (listed, {zeros}))"


_GIVEN = (
    f"mapAdd((listed, listed_weights), (by_country.1,"
    f" {_ZEROS.format(of='by_country.1', type='Float64')})).2"
)
_M = PRIOR_BALLOTS
_SUM = "arraySum((a, n, w) -> if(w > 0, {each}, 0), country_agree, country_votes, country_weights)"
_OVER = "arraySum((r, n, w) -> {each}, country_rates, country_votes, country_weights)"

SQL: Final = {
    "country_codes": f"{_aligned(2)}.1",
    "country_agree": f"{_aligned(2)}.2",
    "country_votes": f"{_aligned(3)}.2",
    "country_raw_weights": (
        f"if(notEmpty(listed), {_GIVEN}, arrayMap(n -> toFloat64(n > 0), by_country.3))"
    ),
    "country_weights": "arrayMap(w -> w / arraySum(country_raw_weights), country_raw_weights)",
    # protects: every country informs the prior of consensus equally
    "informing": _SUM.format(each=f"least(n, {_M})"),
    "prior": f"({_SUM.format(each=f'a * least(1, {_M} / greatest(n, 1))')} + 1) / (informing + 2)",
    "country_rates": f"arrayMap((a, n) -> (a + {_M} * prior) / (n + {_M}),"
    " country_agree, country_votes)",
    "consensus": f"if(informing = 0, NULL, exp({_OVER.format(each='w * log(r)')}))",
    "consensus_sd": (
        f"sqrt({_OVER.format(each=f'w * w * (1 - r) / (r * (n + {_M} + 1))')}"
        f" + pow({_OVER.format(each=f'w * {_M} / ((n + {_M}) * r)')}, 2)"
        " * prior * (1 - prior) / (informing + 3))"
    ),
    "consensus_low": f"ifNull(consensus * exp(-{Z95!r} * consensus_sd), 0)",
    "consensus_high": f"ifNull(least(1, consensus * exp({Z95!r} * consensus_sd)), 1)",
    "coverage": f"least(1, arraySum((w, n) -> if(n >= {COVERED_BALLOTS}, w, 0),"
    " country_weights, country_votes))",
    "votes_inside": _SUM.format(each="n"),
    "covered_rates": (
        f"arrayMap((r, n, w) -> if(w > 0 AND n >= {COVERED_BALLOTS}, r, 2),"
        " country_rates, country_votes, country_weights)"
    ),
    "weakest": "if(arrayMin(covered_rates) < 2,"
    " indexOf(covered_rates, arrayMin(covered_rates)), 0)",
}
"""ClickHouse expressions, each over the ones before.

They begin with ``by_country`` (sorted codes, ballots that agree, ballots) of the countries with
ballots but ZZ, and ``listed`` and ``listed_weights`` (above 0, but ZZ) of the consultation."""
