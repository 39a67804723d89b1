"""A run of groups: the members kept from the former run, and the groups that it finds."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.counts import GroupVotes, group_votes
from operators.core.groups.disagreement import component_shares
from operators.core.groups.identity import People, match_ids
from operators.core.groups.matrix import Opinions
from operators.core.groups.partition import partition
from operators.core.groups.separation import gap, places
from operators.core.scores.agreement import Z95

MAX_BALLOTS: Final = 5_000_000
"""With more ballots people are drawn: each ballot takes about 100 bytes of memory."""

MAX_PROPOSALS: Final = 2_000
"""With more proposals people are drawn, too: products of columns take too long."""

SAMPLE_PEOPLE: Final = 10_000
"""So many people are drawn at most: the share of a group is right to one percentage point."""

SAMPLE_PROPOSALS: Final = 1_000
"""And grouped by so many proposals, those with most ballots."""

SAMPLE_BALLOTS: Final = 2_000_000
"""And so many ballots, about: where people vote on very many proposals, fewer are drawn."""

MIN_COUNTRY_PEOPLE: Final = 100
"""Countries with so many voters have groups of their own."""


def sample_size(people: int, ballots: int) -> int:
    """How many of so many people with so many ballots are drawn.

    >>> sample_size(300_000, 3_000_000), sample_size(300_000, 300_000_000), sample_size(40, 900)
    (10000, 2000, 40)
    """
    return min(people, SAMPLE_PEOPLE, SAMPLE_BALLOTS * people // max(ballots, 1))


def share_error(drawn: int, of: int) -> float:
    """Half the 95 % interval of a group's share, at its widest, of people drawn by chance.

    W. G. Cochran, "Sampling techniques", 1977, 3.2: without replacement, at a share of a half.

    >>> round(share_error(10_000, 300_000), 4), share_error(500, 500)
    (0.0096, 0.0)
    """
    return Z95 / 2 * sqrt((1 - drawn / of) / drawn) if 0 < drawn < of else 0.0


SHARE_ERROR_SQL: Final = (
    f"if({{drawn}} > 0 AND {{drawn}} < {{of}},"
    f" {Z95!r} / 2 * sqrt((1 - {{drawn}} / {{of}}) / {{drawn}}), 0)"
)
"""The same in ClickHouse."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupMembers:
    """Who is grouped.

    Attributes:
        people: Pseudonyms, ascending.
        ids: The id of the group of each, same shape.
    """

    people: People
    ids: NDArray[np.intp]


NOBODY: Final = GroupMembers(np.array([], "S16"), np.array([], np.intp))


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """What a run found.

    Attributes:
        k: How many groups; 0: too little to group.
        silhouette: See `Partition`.
        shares: See `component_shares`.
        gap: See `separation.gap`.
        ids: The id of each group, from the largest, k of them.
        sizes: People in each, shape (k,).
        members: Who is in which group.
        votes: What each group voted on each proposal, in the order of `ids`.
    """

    k: int
    silhouette: float
    shares: NDArray[np.float64]
    gap: float
    ids: list[int]
    sizes: NDArray[np.int64]
    members: GroupMembers
    votes: GroupVotes


def find_groups(opinions: Opinions, former: GroupMembers = NOBODY) -> Groups:
    """Group people; the partition follows from the ballots alone, only ids from `former`."""
    found = partition(opinions)
    shares = component_shares(opinions, found.members)
    if not found.k:
        nothing = np.array([], np.intp)
        votes = group_votes(opinions, nothing, nothing, 0)
        return Groups(0, 0.0, shares, 0.0, [], nothing, NOBODY, votes)
    people = opinions.participants[found.members]
    ids = match_ids(former.people, former.ids, people, found.groups, found.k)
    return Groups(
        found.k,
        found.silhouette,
        shares,
        gap(places(opinions, found.members)),
        ids,
        np.bincount(found.groups),
        GroupMembers(people, np.array(ids)[found.groups]),
        group_votes(opinions, found.members, found.groups, found.k),
    )
