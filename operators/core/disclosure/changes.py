"""Which changes of published ballots are published now: re-votes and withdrawals."""

from collections.abc import Iterable, Mapping

from operators.core.disclosure.cohorts import TROLL, UNPLACED, BallotGroup, Cohort
from operators.core.disclosure.thresholds import (
    MAX_CHANGES_WAITING,
    MIN_CHANGED,
    shows_nobody,
)


def changing(groups: Iterable[BallotGroup], standing: Mapping[str, int]) -> list[Cohort]:
    """Cohorts of changes; ballots in no cohort stay as they are published.

    A cell's changes are published when enough of its people changed and it keeps nobody or enough.
    The others wait for more of their cell, or, when many wait, count without a country.

    Args:
        groups: Per cell, the people whose ballots differ from what is published.
        standing: Per cell, the ballots of the proposal that count in it now.

    >>> [cohort.counts for cohort in changing([BallotGroup("FR", 0, 5, (-5, 5, 0))], {"FR": 90})]
    [(-5, 5, 0)]
    >>> changing([BallotGroup("FR", 0, 4, (-4, 0, 0))], {"FR": 90})
    []
    >>> changing([BallotGroup("FR", 0, 5, (-5, 0, 0))], {"FR": 6})  # one person would be left
    []
    """
    total = sum(ballots for cell, ballots in standing.items() if cell != TROLL)
    most = max(MIN_CHANGED, int(MAX_CHANGES_WAITING * total))
    cohorts: list[Cohort] = []
    waiting: list[BallotGroup] = []
    for group in sorted(groups, key=lambda group: group.cell):
        moved = sum(group.counts)
        trusted = 0 if group.cell == TROLL else moved
        enough = group.people >= MIN_CHANGED
        # Ballots that count without a country are in no cell that is shown.
        keeps = group.cell == UNPLACED or shows_nobody(standing.get(group.cell, 0) + moved)
        if enough and keeps and shows_nobody(total + trusted):
            cohorts.append(Cohort(group.cell, 0, 0, (group,)))
            total += trusted
        elif group.cell != TROLL:
            waiting.append(group)
    unplaced = Cohort(UNPLACED, 0, 0, tuple(waiting))
    if unplaced.people >= most and shows_nobody(total + sum(unplaced.counts)):
        cohorts.append(unplaced)
    return cohorts
