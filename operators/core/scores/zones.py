"""Zones: what kind of answer a proposal gets, after Make.org, and whether that is sure.

Source of `zone`: the proposal scorer of Make.org's open-source platform, as of 2022, on its
scores of agree, disagree and neutral. One vote "agree" already makes a consensus of it, so tutti
publishes `zone_confident` beside it: the zone that stays the same wherever the three scores may
lie within their half-widths, once there are enough ballots.
"""

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

METHOD: Final = "zone/makeorg-2022/1"
CONFIDENT_METHOD: Final = "zone-confident/8-corners/1"

UNDECIDED: Final = "undecided"

MAJORITY: Final = 0.60
MANY_NEUTRAL: Final = 0.40
FEW: Final = 0.15

Texts = NDArray[np.str_]


def zone(agree: ArrayLike, disagree: ArrayLike, neutral: ArrayLike) -> Texts:
    """consensus, rejection, limbo (few take a side) or controversy.

    Args:
        agree: Make.org's score of agree (`makeorg.scores`), any shape.
        disagree: That of disagree.
        neutral: That of neutral.

    >>> zone([0.7, 0.1, 0.2, 0.4], [0.2, 0.7, 0.2, 0.4], [0.1, 0.2, 0.6, 0.2]).tolist()
    ['consensus', 'rejection', 'limbo', 'controversy']
    """
    a, d, u = np.asarray(agree), np.asarray(disagree), np.asarray(neutral)
    return np.select(
        [
            (a >= MAJORITY) | ((u < MANY_NEUTRAL) & (d < FEW)),
            (d >= MAJORITY) | ((u < MANY_NEUTRAL) & (a < FEW)),
            u >= MANY_NEUTRAL,
        ],
        ["consensus", "rejection", "limbo"],
        "controversy",
    )


def zone_confident(
    rates: tuple[ArrayLike, ArrayLike, ArrayLike],
    halves: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    enough: ArrayLike,
) -> Texts:
    """The zone if it is the same at all 8 corners of the three half-widths, else undecided.

    Args:
        rates: Make.org's scores of agree, disagree and neutral.
        halves: Their half-widths.
        enough: Whether there are `rank_min_votes` trusted ballots.

    >>> zone_confident((0.8, 0.1, 0.1), (0.05, 0.04, 0.04), enough=True).item()
    'consensus'
    >>> zone_confident((0.62, 0.2, 0.18), (0.05, 0.04, 0.04), enough=True).item()
    'undecided'
    """
    found = zone(*rates)
    bounds = [
        (np.clip(np.subtract(rate, half), 0, 1), np.clip(np.add(rate, half), 0, 1))
        for rate, half in zip(rates, halves, strict=True)
    ]
    sure = np.asarray(enough, dtype=bool)
    for corner in product(*bounds):
        sure = sure & (zone(*corner) == found)
    return np.where(sure, found, UNDECIDED)


_ZONE: Final = (
    f"multiIf({{a}} >= {MAJORITY} OR ({{u}} < {MANY_NEUTRAL} AND {{d}} < {FEW}), 'consensus',"
    f" {{d}} >= {MAJORITY} OR ({{u}} < {MANY_NEUTRAL} AND {{a}} < {FEW}), 'rejection',"
    f" {{u}} >= {MANY_NEUTRAL}, 'limbo', 'controversy')"
)


def _corners(choice: str, sides: str) -> str:
    """The low (0) or high (1) bound of a choice's score at each of the 8 corners."""
    low = f"greatest(0., {choice}_score - {choice}_half)"
    high = f"least(1., {choice}_score + {choice}_half)"
    return f"[{', '.join(high if side == '1' else low for side in sides)}]"


SQL: Final = _ZONE.format(a="agree_score", d="disagree_score", u="neutral_score")
CONFIDENT_SQL: Final = (
    f"if({{enough}} AND arrayAll((a, d, u) -> {_ZONE.format(a='a', d='d', u='u')} = {{zone}},"
    f" {_corners('agree', '00001111')}, {_corners('disagree', '00110011')},"
    f" {_corners('neutral', '01010101')}), {{zone}}, '{UNDECIDED}')"
)
"""ClickHouse expressions over the columns of `makeorg.PARTS_SQL`; ``zone`` is that column."""
