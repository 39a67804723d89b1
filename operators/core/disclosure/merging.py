"""Small cells merge into XX: the smallest first, until XX has enough people."""

from collections.abc import Mapping, Sequence

from operators.core.disclosure.cohorts import MERGED, BallotGroup, Cohort
from operators.core.disclosure.thresholds import MAX_WAITING, MIN_PEOPLE
from operators.core.disclosure.windows import around


def merge_small(waiting: Mapping[str, Sequence[BallotGroup]], published: int) -> Cohort | None:
    """A cohort under XX if too many ballots wait; None: they go on waiting for their own cells.

    Args:
        waiting: Country to its groups that wait, of fewer than `MIN_PEOPLE` each.
        published: Ballots of the proposal that are published.

    >>> two, three = BallotGroup("LU", 7, 2, (2, 0, 0)), BallotGroup("MT", 7, 3, (0, 3, 0))
    >>> few = {"LU": [two], "MT": [three]}
    >>> merge_small(few, 0).people
    5
    >>> merge_small(few, 1000) is None
    True
    """
    people = {cell: sum(group.people for group in groups) for cell, groups in waiting.items()}
    left = sum(people.values())
    most = max(MIN_PEOPLE, int(MAX_WAITING * published))
    if left < most:
        return None
    taken: list[BallotGroup] = []
    for cell in sorted(people, key=lambda cell: (people[cell], cell)):
        taken += waiting[cell]
        left -= people[cell]
        if sum(group.people for group in taken) >= MIN_PEOPLE and left < most:
            break
    return around(MERGED, taken)
