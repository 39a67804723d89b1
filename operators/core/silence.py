"""Silence: votes that stop coming, or nearly, where they came before.

A country or a source is silent if it has at most a tenth of the votes that the time before lets
expect, and if chance would bring so few less than once in a thousand times (Poisson)::

    expected = before * minutes / minutes_before

One country's night is not silent: its votes become fewer over more than an hour.
"""

from math import exp
from typing import Final

MAX_SHARE: Final = 0.1
"""Votes by expected votes: what is silent has no more."""
P_BELOW: Final = 1e-3
"""Probability of so few votes or fewer: below it nobody believes in chance."""


def few_by_chance(count: int, expected: float) -> float:
    """Probability that a Poisson variable of mean `expected` is `count` or less.

    >>> round(few_by_chance(0, 2.0), 4)
    0.1353
    >>> few_by_chance(0, 2_000.0)
    0.0
    """
    term = total = exp(-expected)
    for k in range(1, count + 1):
        term *= expected / k
        total += term
    return min(1.0, total)


def silent(recent: int, before: int, minutes: int, minutes_before: int) -> bool:
    """Whether votes have stopped coming.

    Args:
        recent: Votes of the last `minutes`.
        before: Votes of the `minutes_before` before these.
        minutes: Length of the time that is judged.
        minutes_before: Length of the time it is compared with.

    >>> silent(0, 110, 5, 55), silent(0, 55, 5, 55), silent(30, 1_100, 5, 55)
    (True, False, False)
    """
    expected = before * minutes / minutes_before
    return recent <= MAX_SHARE * expected and few_by_chance(recent, expected) < P_BELOW
