"""Agreement of a topic: the mean of its proposals' agree rates, and how far they lie apart.

A topic's proposals may ask for opposite things, so its ballots are never pooled: a proposal counts
once however many ballots it has, and the uncertainty is that between proposals. Interval: Student,
"The probable error of a mean", Biometrika 6 (1908), 1-25. Variance between proposals: that of the
rates less the mean of p (1 - p) / (N - 1), an unbiased estimate of what chance among N ballots
adds to it (W. G. Cochran, "Sampling techniques", 1977, section 3.4), floored at 0.

Proposals with fewer than `MIN_BALLOTS` ballots do not count; with fewer than `MIN_PROPOSALS` that
count there is no figure. The interval says where the mean of all such proposals lies, not how
their ballots divide; where all rates are equal, it has no width.

`cluster_agreement` and the SQL below are one formula twice; a test holds them equal to 1e-12.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Final

from operators.core.scores.agreement import Z95

METHOD: Final = "cluster-agreement/mean-t-95/1"
"""Name and version, published beside each number."""

MIN_BALLOTS: Final = 10
"""Ballots from which a proposal's rate counts."""

MIN_PROPOSALS: Final = 3
"""Proposals that count from which there is a figure."""

T95: Final = (
    12.706204736174694, 4.302652729749462, 3.1824463052837078, 2.7764451051977934,
    2.5705818356363146, 2.4469118511449786, 2.364624251592784, 2.306004135204166,
    2.262157162798205, 2.228138851986274, 2.200985160091639, 2.1788128296672284,
    2.1603686564627913, 2.144786687917804, 2.131449545559776, 2.1199052992212546,
    2.1098155778333156, 2.1009220402410382, 2.0930240544083087, 2.085963447265864,
    2.0796138447276795, 2.0738730679040254, 2.0686576104190486, 2.0638985616280245,
    2.0595385527532972, 2.0555294386428735, 2.0518305164802846, 2.0484071417952454,
    2.045229642132703, 2.0422724563012378,
)  # fmt: skip
"""Student's t of a two-sided 95 % interval with 1, 2, … degrees of freedom (scipy.stats.t)."""

_TERMS: Final = (
    (Z95**3 + Z95) / 4,
    (5 * Z95**5 + 16 * Z95**3 + 3 * Z95) / 96,
    (3 * Z95**7 + 19 * Z95**5 + 17 * Z95**3 - 15 * Z95) / 384,
    (79 * Z95**9 + 776 * Z95**7 + 1482 * Z95**5 - 1920 * Z95**3 - 945 * Z95) / 92160,
)
"""Beyond the table: M. Abramowitz and I. A. Stegun, "Handbook of mathematical functions" (1964),
26.7.5; at most 2.7e-8 too small there."""


@dataclass(frozen=True, slots=True)
class ClusterAgreement:
    """What a topic's proposals have in common.

    Attributes:
        proposals: How many count.
        mean: Unweighted mean of their agree rates; None: too few.
        low: Lower bound of its 95 % interval, at least 0; None: too few.
        high: Upper bound, at most 1; None: too few.
        between: Variance between proposals, chance taken away; None: too few.
    """

    proposals: int
    mean: float | None
    low: float | None
    high: float | None
    between: float | None


def student_t(freedom: int) -> float:
    """Quantile of a two-sided 95 % interval with at least one degree of freedom.

    >>> round(student_t(2), 4), round(student_t(60), 4)
    (4.3027, 2.0003)
    """
    if freedom <= len(T95):
        return T95[freedom - 1]
    one, two, three, four = _TERMS
    return Z95 + (one + (two + (three + four / freedom) / freedom) / freedom) / freedom


def cluster_agreement(ballots: Iterable[tuple[int, int]]) -> ClusterAgreement:
    """The figure of a topic.

    Args:
        ballots: Of each proposal, how many agree and how many there are.

    >>> found = cluster_agreement([(80, 100), (60, 100), (40, 100), (1, 2)])
    >>> found.proposals, round(found.mean, 3), round(found.low, 3), round(found.high, 3)
    (3, 0.6, 0.103, 1.0)
    >>> round(found.between, 4)
    0.0378
    """
    counted = [(agree / total, total) for agree, total in ballots if total >= MIN_BALLOTS]
    number = len(counted)
    if number < MIN_PROPOSALS:
        return ClusterAgreement(number, None, None, None, None)
    mean = sum(rate for rate, _ in counted) / number
    variance = sum((rate - mean) ** 2 for rate, _ in counted) / (number - 1)
    chance = sum(rate * (1 - rate) / (total - 1) for rate, total in counted) / number
    half = student_t(number - 1) * sqrt(variance / number)
    return ClusterAgreement(
        number, mean, max(0.0, mean - half), min(1.0, mean + half), max(0.0, variance - chance)
    )


_COUNTS: Final = f"{{total}} >= {MIN_BALLOTS}"
_RATE: Final = "{agree} / {total}"
_FREEDOM: Final = f"(toInt64(countIf({_COUNTS})) - 1)"
_EXPANSION: Final = (
    f"{Z95!r} + ({_TERMS[0]!r} + ({_TERMS[1]!r} + ({_TERMS[2]!r} + {_TERMS[3]!r}"
    f" / {_FREEDOM}) / {_FREEDOM}) / {_FREEDOM}) / {_FREEDOM}"
)
_T: Final = f"if({_FREEDOM} <= {len(T95)}, {list(T95)!r}[{_FREEDOM}], {_EXPANSION})"
_MEAN: Final = f"avgIf({_RATE}, {_COUNTS})"
_VARIANCE: Final = f"varSampStableIf({_RATE}, {_COUNTS})"
_CHANCE: Final = f"avgIf({_RATE} * (1 - {_RATE}) / ({{total}} - 1), {_COUNTS})"
_HALF: Final = f"{_T} * sqrt({_VARIANCE} / countIf({_COUNTS}))"
_TOO_FEW: Final = f"countIf({_COUNTS}) < {MIN_PROPOSALS}"

PROPOSALS_SQL: Final = f"countIf({_COUNTS})"
MEAN_SQL: Final = f"if({_TOO_FEW}, NULL, {_MEAN})"
LOW_SQL: Final = f"if({_TOO_FEW}, NULL, greatest(0, {_MEAN} - {_HALF}))"
HIGH_SQL: Final = f"if({_TOO_FEW}, NULL, least(1, {_MEAN} + {_HALF}))"
BETWEEN_SQL: Final = f"if({_TOO_FEW}, NULL, greatest(0, {_VARIANCE} - {_CHANCE}))"
"""ClickHouse aggregates over a topic's proposals, one row each with ``agree`` and ``total``."""
