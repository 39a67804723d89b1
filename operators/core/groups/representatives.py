"""Which proposals speak for a group: those on which it votes unlike everybody else.

The statistics of Polis (C. Small and others, Recerca 26, 2021, "representative statements"; in its
software ``math/repness.clj`` and ``stats.clj``). For a group with A of S ballots that agree, and
the other groups together with A' of S':

- ``p`` = (A + 1) / (S + 2), ``p_test`` = 2 sqrt(S + 1) ((A + 1) / (S + 1) - 1/2): is it a majority?
- ``repness`` = p / p', ``repness_test`` = the z statistic of two proportions, (A + 1) / (S + 1) and
  (A' + 1) / (S' + 1), with their pooled variance: does the group agree more than the others?

The same with D for disagreeing. A proposal speaks for the group by the side of the greater
repness_test. It is representative if, for one side, both tests exceed `Z90`; of these the five
with the greatest repness x repness_test x p x p_test. If there are none, the one with the greatest
repness_test. (Polis also moves the best agreed one to the front; here the order is by score.)

`representativeness` and the SQL below are one formula twice; a test holds them equal to 1e-9.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

METHOD: Final = "representatives/polis-repness/1"
"""Name and version, published beside the proposals."""

Z90: Final = 1.2816
"""Polis's bound of a z statistic: 90 %, one-sided."""

MAX_REPRESENTATIVES: Final = 5


@dataclass(frozen=True, slots=True)
class Representativeness:
    """How well a proposal speaks for a group."""

    side: Literal["agree", "disagree"]
    p: float
    p_test: float
    repness: float
    repness_test: float
    significant: bool
    score: float


@dataclass(frozen=True, slots=True)
class _Side:
    p: float
    p_test: float
    repness: float
    repness_test: float

    @property
    def significant(self) -> bool:
        return self.p_test > Z90 and self.repness_test > Z90


def one_proportion_test(count: int, seen: int) -> float:
    """Distance from a half, in standard errors.

    >>> round(one_proportion_test(9, 10), 4)
    2.7136
    """
    return 2 * sqrt(seen + 1) * ((count + 1) / (seen + 1) - 0.5)


def two_proportions_test(count: int, others: int, seen: int, others_seen: int) -> float:
    """The z statistic of two proportions with pooled variance; 0 where all agree.

    >>> round(two_proportions_test(9, 2, 10, 10), 4)
    3.0354
    """
    n, other_n = seen + 1, others_seen + 1
    pooled = (count + 1 + others + 1) / (n + other_n)
    if pooled == 1:
        return 0.0
    difference = (count + 1) / n - (others + 1) / other_n
    return difference / sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))


def representativeness(
    group: tuple[int, int, int], others: tuple[int, int, int]
) -> Representativeness:
    """Of one proposal: (A, D, S) of a group and of all other groups together.

    >>> found = representativeness((9, 0, 10), (2, 6, 10))
    >>> found.side, found.significant, round(found.repness, 4)
    ('agree', True, 3.3333)
    """
    sides = []
    for place in (0, 1):
        count, seen, others_count, others_seen = group[place], group[2], others[place], others[2]
        p = (count + 1) / (seen + 2)
        sides.append(
            _Side(
                p,
                one_proportion_test(count, seen),
                p / ((others_count + 1) / (others_seen + 2)),
                two_proportions_test(count, others_count, seen, others_seen),
            )
        )
    agree, disagree = sides
    chosen = agree if agree.repness_test > disagree.repness_test else disagree
    return Representativeness(
        "agree" if chosen is agree else "disagree",
        chosen.p,
        chosen.p_test,
        chosen.repness,
        chosen.repness_test,
        agree.significant or disagree.significant,
        chosen.repness * chosen.repness_test * chosen.p * chosen.p_test,
    )


P_SQL: Final = "(({count} + 1) / ({seen} + 2))"
P_TEST_SQL: Final = "(2 * sqrt({seen} + 1) * (({count} + 1) / ({seen} + 1) - 0.5))"
REPNESS_SQL: Final = f"({P_SQL} / (({{others}} + 1) / ({{others_seen}} + 2)))"
_POOLED: Final = "(({count} + {others} + 2) / ({seen} + {others_seen} + 2))"
REPNESS_TEST_SQL: Final = (
    "if({count} + {others} = {seen} + {others_seen}, 0,"
    " (({count} + 1) / ({seen} + 1) - ({others} + 1) / ({others_seen} + 1))"
    f" / sqrt({_POOLED} * (1 - {_POOLED}) * (1 / ({{seen}} + 1) + 1 / ({{others_seen}} + 1))))"
)
"""ClickHouse expressions of one side's counts, in the group and in all others together."""
