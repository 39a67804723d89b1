"""Burst: a proposal gets far more ballots in ten minutes than its share of everybody's ballots.

The number expected follows the consultation, so that a peak of everything flags nothing::

    share    = (r + 1) / (R + K)                                   K proposals, none at 0
    expected = sum over countries c of T_c (r_c + 1000 share) / (R_c + 1000)

with r, R the ballots of the proposal and of all proposals in the 24 hours before the window, r_c,
R_c those of a country, and T_c the country's ballots in the window. A country counts by its own
share once it has many ballots, because an evening on one country's television is an honest peak of
the proposals that this country votes on; a country of few ballots counts by the share of all.

A burst has at least 30 ballots, more than 3 times as expected, and a Poisson probability of so many
or more below 1e-6 (S. D. Poisson, 1837; the series is equation 6.5.29 of M. Abramowitz, I. Stegun,
"Handbook of Mathematical Functions", 1964). A proposal younger than an hour has no past to be
compared with; one younger than a day is compared with the time since its first ballot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Final

METHOD: Final = "burst/poisson-by-country/1"
"""Name and version, published beside each signal."""

WINDOW_MIN: Final = 10
"""Length of a window of `cast_at`, minutes."""
REFERENCE_MIN: Final = 1_440
"""Minutes before the window by which a proposal's usual share is known."""
YOUNG_MIN: Final = 60
"""Least age of a proposal, minutes: its start cannot be distinguished from a burst."""
MIN_COUNT: Final = 30
"""Ballots in the window, at least."""
RATIO_ABOVE: Final = 3.0
"""Ballots by expected ballots: a burst has more."""
P_BELOW: Final = 1e-6
"""Probability of so many ballots or more: a burst has less."""
PRIOR_BALLOTS: Final = 1_000.0
"""Ballots at which a country's own share weighs as much as the share over all countries."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Trusted ballots on all proposals of a consultation.

    Attributes:
        now: Ballots in the window, by country.
        before: Ballots in the reference, by country.
        proposals: Proposals with a ballot in either.
    """

    now: Mapping[str, int]
    before: Mapping[str, int]
    proposals: int


def expected_ballots(
    traffic: Traffic, before: Mapping[str, int], *, observed_share: float = 1.0
) -> float:
    """Ballots that a proposal would have in the window at its usual share.

    Args:
        traffic: Of the proposal's consultation.
        before: The proposal's ballots in the reference, by country.
        observed_share: Share of the reference's ballots that were cast since its first ballot.

    >>> traffic = Traffic({"FR": 100, "LU": 10}, {"FR": 99_000, "LU": 500}, proposals=500)
    >>> round(expected_ballots(traffic, {"FR": 1_980}), 3)
    2.132
    """
    scale = 1 / observed_share
    everywhere = sum(traffic.before.values()) + traffic.proposals
    prior = PRIOR_BALLOTS * (scale * sum(before.values()) + 1) / everywhere
    return sum(
        total
        * (scale * before.get(country, 0) + prior)
        / (traffic.before.get(country, 0) + PRIOR_BALLOTS)
        for country, total in traffic.now.items()
    )


def poisson_tail(count: int, expected: float) -> float:
    """Probability that a Poisson variable of mean `expected` is `count` or more.

    Below 1e-308 it is 0.

    >>> f"{poisson_tail(30, 8.0):.3g}"
    '2.1e-09'
    """
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    total = term = 1.0
    following = count
    while term > total * 1e-17 or following < expected:
        following += 1
        term *= expected / following
        total += term
    return min(1.0, exp(count * log(expected) - expected - lgamma(count + 1) + log(total)))


def is_burst(count: int, expected: float) -> bool:
    """Whether so many ballots in the window are a signal.

    >>> is_burst(120, 20.0), is_burst(60, 20.0), is_burst(29, 0.1)
    (True, False, False)
    """
    return (
        count >= MIN_COUNT
        and count > RATIO_ABOVE * expected
        and poisson_tail(count, expected) < P_BELOW
    )


def burst_minutes(counts: Sequence[int], expected: float) -> tuple[int, int]:
    """The first and the last minute of a window that belong to its burst.

    These minutes have more than 3 times the expected ballots and more than half of the window's
    mean, so that single ballots before and after are left out where hardly any are expected.

    Args:
        counts: The proposal's ballots of each minute of a window that is a burst.
        expected: Ballots expected in the whole window.

    >>> burst_minutes([1, 0, 2, 1, 40, 60, 52, 1, 2, 0], 10.0)
    (4, 6)
    """
    limit = max(RATIO_ABOVE * expected, sum(counts) / 2) / len(counts)
    above = [minute for minute, count in enumerate(counts) if count > limit]
    return above[0], above[-1]
