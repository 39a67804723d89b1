"""Group-informed consensus: what every opinion group agrees on, however large each is.

Per group, A ballots agree and D disagree of S (neutral included); with Laplace's rule
pa = (A + 1) / (S + 2) and pd = (D + 1) / (S + 2). Over G groups:

- ``gic`` = product of pa: Polis's group-informed consensus (C. Small and others, "Polis: Scaling
  deliberation by mapping high dimensional opinion spaces", Recerca 26, 2021);
- ``gic_geomean`` = gic^(1/G): comparable when the number of groups is not the same;
- ``bridging`` = (product of pa (1 - pd))^(1/G): agreed with, and opposed by few, in every group;
- ``group_spread`` = greatest less least pa.

Bounds are of 95 %, on the logarithm, by the delta method: (A, D, rest) is Dirichlet around the
rates, so ln pa has the variance (1 - pa) / (pa (S + 3)), and ln pa (1 - pd) has
((1 - pa) / pa + 3 pd / (1 - pd)) / (S + 3). They are clipped to 1. All is None unless there are two
groups and each has `MIN_SEEN` ballots on the proposal.

`group_consensus` and the SQL below are one formula twice; a test holds them equal to 1e-9.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final

from operators.core.scores.agreement import Z95

METHOD: Final = "group-consensus/polis-laplace/1"
"""Name and version, published beside each number."""

MIN_SEEN: Final = 5
"""Ballots that each group must have on a proposal."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GroupConsensus:
    """The scores of one proposal over all groups."""

    gic: Bounded
    gic_geomean: Bounded
    bridging: Bounded
    group_spread: float


def laplace(count: int, seen: int) -> float:
    """The rate of `count` in `seen` ballots, drawn towards a half.

    >>> laplace(3, 4)
    0.6666666666666666
    """
    return (count + 1) / (seen + 2)


def group_consensus(groups: Sequence[tuple[int, int, int]]) -> GroupConsensus | None:
    """Of one proposal: (A, D, S) of each group.

    >>> found = group_consensus([(9, 0, 10), (4, 3, 8)])
    >>> round(found.gic.value, 4), round(found.gic_geomean.value, 4), round(found.group_spread, 4)
    (0.4167, 0.6455, 0.3333)
    """
    if len(groups) < 2 or min(seen for _, _, seen in groups) < MIN_SEEN:  # noqa: PLR2004
        return None
    rates = [(laplace(a, s), laplace(d, s), s) for a, d, s in groups]
    agree = sum(log(pa) for pa, _, _ in rates)
    agree_sd = sqrt(sum((1 - pa) / (pa * (s + 3)) for pa, _, s in rates))
    bridge = sum(log(pa * (1 - pd)) for pa, pd, _ in rates)
    bridge_sd = sqrt(sum(((1 - pa) / pa + 3 * pd / (1 - pd)) / (s + 3) for pa, pd, s in rates))
    count = len(groups)
    return GroupConsensus(
        _bounded(agree, agree_sd),
        _bounded(agree / count, agree_sd / count),
        _bounded(bridge / count, bridge_sd / count),
        max(pa for pa, _, _ in rates) - min(pa for pa, _, _ in rates),
    )


def _bounded(logarithm: float, sd: float) -> Bounded:
    return Bounded(exp(logarithm), exp(logarithm - Z95 * sd), min(1.0, exp(logarithm + Z95 * sd)))


PA_SQL: Final = "(({agree} + 1) / ({seen} + 2))"
PD_SQL: Final = "(({disagree} + 1) / ({seen} + 2))"
"""ClickHouse expressions of one group's counts."""

_COUNT: Final = "count()"
_KNOWN: Final = f"({_COUNT} >= 2 AND min({{seen}}) >= {MIN_SEEN})"
_AGREE: Final = f"sum(log({PA_SQL}))"
_AGREE_SD: Final = f"sqrt(sum((1 - {PA_SQL}) / ({PA_SQL} * ({{seen}} + 3))))"
_BRIDGE: Final = f"sum(log({PA_SQL} * (1 - {PD_SQL})))"
_BRIDGE_SD: Final = (
    f"sqrt(sum(((1 - {PA_SQL}) / {PA_SQL} + 3 * {PD_SQL} / (1 - {PD_SQL})) / ({{seen}} + 3)))"
)


def _bounded_sql(logarithm: str, sd: str) -> tuple[str, str, str]:
    return (
        f"if({_KNOWN}, exp({logarithm}), NULL)",
        f"if({_KNOWN}, exp({logarithm} - {Z95!r} * {sd}), NULL)",
        f"if({_KNOWN}, least(1, exp({logarithm} + {Z95!r} * {sd})), NULL)",
    )


GIC_SQL: Final = _bounded_sql(_AGREE, _AGREE_SD)
GIC_GEOMEAN_SQL: Final = _bounded_sql(f"{_AGREE} / {_COUNT}", f"{_AGREE_SD} / {_COUNT}")
BRIDGING_SQL: Final = _bounded_sql(f"{_BRIDGE} / {_COUNT}", f"{_BRIDGE_SD} / {_COUNT}")
"""Value, low and high as aggregates over the rows of one proposal, a row for each group."""

SPREAD_SQL: Final = f"if({_KNOWN}, max({PA_SQL}) - min({PA_SQL}), NULL)"
