"""What a published ballot may become.

A ballot is published as agree, disagree, neutral or *gone* (withdrawn, or no longer of the series
it was published in). It never becomes again what it was in an earlier publication. Why: let a cell
be published at several moments and somebody combine these with any weights. Let T(t) be the sum of
the weights from moment t on, and t a moment with T(t) other than 0. A ballot that became x at t
has x until it changes at a later u, or to the end, and never otherwise; the weights over that time
sum to T(t) - T(u), and those over its next states to T(u) - T(v), ..., and to T of its last change.
All are 0 only if T(t) is. So everybody who entered or changed at t, at least five people, is in
what was computed. With returns that fails: four people who change and change back cancel out, and
a fifth stands alone.
"""

from typing import Final

from operators.core.disclosure.cohorts import TROLL

STATES: Final = ("agree", "disagree", "neutral", "gone")
"""In the order of their bits: 1, 2, 4, 8."""


def bit(state: str) -> int:
    """The state in a set of states.

    >>> bit("gone")
    8
    """
    return 1 << STATES.index(state)


def may_become(state: str, seen: int) -> bool:
    """Whether a ballot that was published as the states in `seen` may be published as `state`.

    >>> may_become("disagree", bit("agree")), may_become("agree", bit("agree") | bit("disagree"))
    (True, False)
    """
    return not seen & bit(state)


BIT_SQL: Final = (
    f"toUInt8(transform({{state}}, {list(STATES)!r}, {[bit(state) for state in STATES]!r}, 0))"
)
MAY_BECOME_SQL: Final = f"bitAnd({{seen}}, {BIT_SQL}) = 0"

CELL_SQL: Final = f"if({{trust}} = 'troll', '{TROLL}', toString({{country}}))"
"""The cell in which a ballot would enter."""

STATE_SQL: Final = (
    f"if({{choice}} = 'withdrawn' OR ({{trust}} = 'troll') != ({{cell}} = '{TROLL}'),"
    " 'gone', toString({choice}))"
)
"""What a published ballot would become; `cell` is the one it was published in."""
