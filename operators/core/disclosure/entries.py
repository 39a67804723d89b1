"""Which ballots of a proposal are published for the first time now."""

from collections import defaultdict
from collections.abc import Iterable

from operators.core.disclosure.cohorts import TROLL, BallotGroup, Cohort
from operators.core.disclosure.merging import merge_small
from operators.core.disclosure.windows import by_window


def entering(groups: Iterable[BallotGroup], published: int) -> list[Cohort]:
    """Cohorts of ballots that enter; ballots in no cohort wait for the next publication.

    Ballots of trolls enter apart, so that the raw series differs from the trusted one by none or
    by enough people.

    Args:
        groups: All ballots of the proposal that are not published, by cell and minute.
        published: Trusted ballots of the proposal that are published.

    >>> groups = [BallotGroup("FR", 7, 6, (6, 0, 0)), BallotGroup("LU", 7, 1, (1, 0, 0))]
    >>> [(cohort.cell, cohort.people) for cohort in entering(groups, 0)]
    [('FR', 6)]
    """
    cells = defaultdict[str, list[BallotGroup]](list)
    for group in groups:
        cells[group.cell].append(group)
    cohorts: list[Cohort] = []
    waiting: dict[str, list[BallotGroup]] = {}
    for cell in sorted(cells):
        ready, rest = by_window(cell, cells[cell])
        cohorts += ready
        if rest and cell != TROLL:
            waiting[cell] = rest
    published += sum(cohort.people for cohort in cohorts if cohort.cell != TROLL)
    merged = merge_small(waiting, published)
    return [*cohorts, merged] if merged else cohorts
