"""What each group voted on each proposal, counted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.matrix import AGREE, DISAGREE, NEUTRAL, Opinions

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class GroupVotes:
    """Ballots per group and proposal, each of shape (k, m)."""

    agree: Counts
    disagree: Counts
    neutral: Counts

    @property
    def seen(self) -> Counts:
        """All ballots: Polis's S, neutral ones included."""
        return self.agree + self.disagree + self.neutral


def group_votes(
    opinions: Opinions, members: NDArray[np.intp], groups: NDArray[np.intp], k: int
) -> GroupVotes:
    """Count the ballots of grouped people.

    Args:
        opinions: Everybody's ballots.
        members: Who is grouped, as places in `Opinions.participants`, shape (g,).
        groups: The group of each, 0 to k - 1, shape (g,).
        k: How many groups there are.
    """
    m = len(opinions.proposals)
    group_of = np.full(len(opinions.participants), k)  # k: not grouped
    group_of[members] = groups
    cell = group_of[opinions.rows] * m + opinions.columns
    return GroupVotes(
        *(
            np.bincount(cell[opinions.votes == choice], minlength=(k + 1) * m)[: k * m].reshape(
                k, m
            )
            for choice in (AGREE, DISAGREE, NEUTRAL)
        )
    )
