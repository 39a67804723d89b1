"""Rows without gaps: who is asked for is found, whatever came and went before."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.core.clusters.members import ROOM, Member, MemberTable
from operators.core.clusters.near_duplicates import Duplicate


def member(proposal: str, offset: int = 0) -> Member:
    return Member(proposal, proposal, "en", offset, 1, 1.0, Duplicate(), ())


def empty(dimension: int = 2) -> MemberTable:
    return MemberTable(np.zeros((0, dimension), np.int16), np.zeros(0, np.int64))


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=60))
def test_every_proposal_keeps_its_vector_and_its_micro_cluster(steps):
    members, known = empty(), {}
    for number, (who, stays) in enumerate(steps):
        row = members.row(str(who))
        if row is not None:
            members.remove(row)
            known.pop(who)
        if stays:
            members.append(member(str(who)), np.array([number, who], np.int16), number)
            known[who] = number
        assert len(members) == len(known) == len(members.vectors) == len(members.micro)
        for one, at in known.items():
            row = members.row(str(one))
            assert members.rows[row].proposal_id == str(one)
            assert members.vectors[row].tolist() == [at, one]
            assert members.micro[row] == at


def test_a_second_row_of_a_proposal_is_the_one_that_counts():
    members = empty()
    members.append(member("p", 1), np.array([1, 1], np.int16), 0)
    members.append(member("p", 2), np.array([2, 2], np.int16), 1)
    assert members.get("p").offset == 2
    members.remove(0)  # the former text: the proposal is still here
    assert members.get("p").offset == 2
    assert members.row("p") == 0


def test_room_grows_as_it_is_needed():
    members = empty()
    for number in range(ROOM + 1):
        members.append(member(str(number)), np.array([number, 0], np.int16), number)
    assert members.vectors[:, 0].tolist() == list(range(ROOM + 1))


def test_members_of_marked_micro_clusters_are_found():
    members = empty()
    for number, micro in enumerate((2, 0, 2, 1)):
        members.append(member(str(number)), np.array([number, 0], np.int16), micro)
    assert members.in_any(np.array([False, False, True])).tolist() == [0, 2]
    members.replace(np.array([0, 0, 1, 1]))
    assert members.in_any(np.array([False, True])).tolist() == [2, 3]
