"""A run of groups: the members kept from the former run, and the groups that it finds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.counts import GroupVotes, group_votes
from operators.core.groups.identity import People, match_ids
from operators.core.groups.matrix import Opinions
from operators.core.groups.partition import partition

MAX_BALLOTS: Final = 5_000_000
"""A consultation with more ballots is not grouped: each takes about 100 bytes of memory."""

MAX_PROPOSALS: Final = 2_000
"""A consultation with more proposals is not grouped: products of columns take too long."""


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
        ids: The id of each group, from the largest, k of them.
        sizes: People in each, shape (k,).
        members: Who is in which group.
        votes: What each group voted on each proposal, in the order of `ids`.
    """

    k: int
    silhouette: float
    ids: list[int]
    sizes: NDArray[np.int64]
    members: GroupMembers
    votes: GroupVotes


def find_groups(opinions: Opinions, former: GroupMembers = NOBODY) -> Groups:
    """Group people; the partition follows from the ballots alone, only ids from `former`."""
    found = partition(opinions)
    if not found.k:
        nothing = np.array([], np.intp)
        return Groups(0, 0.0, [], nothing, NOBODY, group_votes(opinions, nothing, nothing, 0))
    people = opinions.participants[found.members]
    ids = match_ids(former.people, former.ids, people, found.groups, found.k)
    return Groups(
        found.k,
        found.silhouette,
        ids,
        np.bincount(found.groups),
        GroupMembers(people, np.array(ids)[found.groups]),
        group_votes(opinions, found.members, found.groups, found.k),
    )
