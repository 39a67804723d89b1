"""How many people make a group that may be shown, and how long ballots wait for each other."""

from typing import Final

MIN_PEOPLE: Final = 5
"""People in a cell, window or cohort.

The threshold rule; statistical offices use 3 to 10 (Hundepool et al. 2012, section 4.2). It says
how many people a number is about, not how alike they are.
"""

MIN_CHANGED: Final = 5
"""People whose published ballots change together: a change is as telling as an entry."""

MAX_WAITING: Final = 0.1
"""Share of a proposal's published ballots that may wait for their own country's cell.

Above it ballots enter under XX. A lower share publishes ballots earlier but sends those of small
countries to XX; a higher one does the reverse.
"""

MAX_CHANGES_WAITING: Final = 0.01
"""Share of a proposal's published ballots whose changes may wait for their own country's cell.

Above it changes are published for the proposal without a country.
"""


def shows_nobody(people: int) -> bool:
    """Whether a cell of so many people may be shown.

    >>> [shows_nobody(n) for n in (0, 1, 4, 5)]
    [True, False, False, True]
    """
    return people == 0 or people >= MIN_PEOPLE
