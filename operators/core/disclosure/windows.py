"""Windows coarsen from minute to hour to day until they hold enough people."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from operators.core.disclosure.cohorts import BallotGroup, Cohort
from operators.core.disclosure.thresholds import MIN_PEOPLE

WINDOWS_MIN: Final = (1, 60, 1440)
"""Lengths of windows, minutes: a minute, an hour, a day."""


def by_window(cell: str, groups: Iterable[BallotGroup]) -> tuple[list[Cohort], list[BallotGroup]]:
    """Cohorts of one cell, each in the shortest window with enough people; and the groups left.

    Groups of different days that have enough people together form a cohort without a window.

    >>> early, late = BallotGroup("FR", 0, 5, (5, 0, 0)), BallotGroup("FR", 61, 3, (0, 3, 0))
    >>> cohorts, rest = by_window("FR", [early, late, BallotGroup("FR", 62, 2, (0, 0, 2))])
    >>> [(cohort.window_start, cohort.window_seconds, cohort.people) for cohort in cohorts]
    [(0, 60, 5), (3600, 3600, 5)]
    >>> by_window("FR", [late])[1] == [late]
    True
    """
    cohorts = []
    rest = sorted(groups, key=lambda group: group.minute)
    for length in WINDOWS_MIN:
        windows = defaultdict[int, list[BallotGroup]](list)
        for group in rest:
            windows[group.minute // length].append(group)
        rest = []
        for number, inside in windows.items():
            if sum(group.people for group in inside) >= MIN_PEOPLE:
                cohorts.append(Cohort(cell, number * length * 60, length * 60, tuple(inside)))
            else:
                rest += inside
    if sum(group.people for group in rest) >= MIN_PEOPLE:
        return [*cohorts, Cohort(cell, 0, 0, tuple(rest))], []
    return cohorts, rest


def around(cell: str, groups: Iterable[BallotGroup]) -> Cohort:
    """One cohort of all groups, in the shortest window that contains them.

    >>> groups = [BallotGroup("LU", 59, 2, (2, 0, 0)), BallotGroup("MT", 60, 3, (3, 0, 0))]
    >>> around("XX", groups).window_seconds
    86400
    """
    inside = tuple(sorted(groups, key=lambda group: (group.cell, group.minute)))
    for length in WINDOWS_MIN:
        numbers = {group.minute // length for group in inside}
        if len(numbers) == 1:
            return Cohort(cell, numbers.pop() * length * 60, length * 60, inside)
    return Cohort(cell, 0, 0, inside)
