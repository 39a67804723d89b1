"""Values: groups of ballots that wait, and cohorts that are published."""

from dataclasses import dataclass
from typing import Final

MERGED: Final = "XX"
"""Cell of people whose countries had too few to show; a user-assigned code of ISO 3166-1."""

TROLL: Final = "troll"
"""Cell of the ballots that only the raw series counts: never merged with others."""

UNPLACED: Final = ""
"""Cell of changes that count for the proposal and in no country."""

Counts = tuple[int, int, int]
"""Agree, disagree, neutral: ballots, or by how many a change moves them."""


@dataclass(frozen=True, slots=True)
class BallotGroup:
    """Ballots of one proposal that wait, and are published, together.

    Attributes:
        cell: Country, ISO 3166-1, or `TROLL`; of changes, the cell of the published ballots.
        minute: Minute of cast_at, minutes since 1970 UTC; of changes 0.
        people: Participants.
        counts: What it adds to the published counts.
    """

    cell: str
    minute: int
    people: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Cohort:
    """People of one proposal whose ballots are published together.

    Attributes:
        cell: Country, or one of `MERGED`, `TROLL`, `UNPLACED`.
        window_start: s since 1970 UTC; 0 where there is no window.
        window_seconds: 60, 3,600, 86,400, or 0: longer than a day, and for all changes.
        groups: The groups of ballots that form it.
    """

    cell: str
    window_start: int
    window_seconds: int
    groups: tuple[BallotGroup, ...]

    @property
    def people(self) -> int:
        """Participants of all its groups."""
        return sum(group.people for group in self.groups)

    @property
    def counts(self) -> Counts:
        """What the cohort adds to the published counts.

        >>> groups = (BallotGroup("FR", 0, 3, (3, 0, 0)), BallotGroup("FR", 0, 2, (0, 1, 1)))
        >>> Cohort("FR", 0, 60, groups).counts
        (3, 1, 1)
        """
        agree, disagree, neutral = zip(*(group.counts for group in self.groups), strict=True)
        return sum(agree), sum(disagree), sum(neutral)
