"""New groups inherit the numbers of the clusters that most of them come from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.core.clusters.cluster_changes import compare


def test_without_a_change_every_cluster_keeps_its_number():
    found = compare(np.array([3, 3, 5]), np.array([0, 0, 1]), np.array([1, 1, 1]), 6)
    assert found.clusters.tolist() == [3, 3, 5]
    assert (found.split, found.merged) == ((), ())


def test_what_is_split_off_gets_the_next_numbers_and_says_where_it_comes_from():
    found = compare(np.array([1, 1, 1]), np.array([0, 1, 2]), np.array([9, 2, 3]), 4)
    assert found.clusters.tolist() == [1, 4, 5]
    assert found.split == ((4, 1, 2), (5, 1, 3))


def test_what_is_swallowed_says_by_whom():
    found = compare(np.array([1, 2, 2, 3]), np.array([0, 0, 0, 0]), np.array([9, 2, 3, 1]), 4)
    assert found.clusters.tolist() == [1, 1, 1, 1]
    assert found.merged == ((2, 1, 5), (3, 1, 1))


parts = st.integers(1, 12).flatmap(
    lambda size: st.tuples(
        *(st.lists(st.integers(1, 5), min_size=size, max_size=size) for _ in range(3))
    )
)


@given(parts)
def test_everybody_has_one_cluster_and_every_former_one_goes_on_or_has_ended(drawn):
    before, groups, counts = (np.array(part, np.int64) for part in drawn)
    found = compare(before, groups, counts, 6)
    pairs = set(zip(groups.tolist(), found.clusters.tolist(), strict=True))
    assert len(pairs) == len(set(groups.tolist())) == len(set(found.clusters.tolist()))
    ended = {number for number, _, _ in found.merged}
    new = {number for number, _, _ in found.split}
    assert set(before.tolist()) - ended | new == set(found.clusters.tolist())
    assert all(into in found.clusters for _, into, _ in found.merged)
    assert sorted(new) == list(range(6, 6 + len(new)))
