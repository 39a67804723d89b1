import numpy as np

from operators.core.groups.identity import match_ids


def people(*names):
    return np.array(sorted(name.encode() for name in names), "S16")


def test_a_group_keeps_the_id_of_its_largest_overlap():
    before = people("a", "b", "c", "d", "e", "f")
    after = people("b", "c", "d", "e", "f", "g")
    # Former: abc = 0, def = 1. Now: def and g are the first group, bc the second.
    assert match_ids(
        before, np.array([0, 0, 0, 1, 1, 1]), after, np.array([1, 1, 0, 0, 0, 0]), 2
    ) == [
        1,
        0,
    ]


def test_a_group_that_splits_leaves_its_id_to_the_larger_part():
    everyone = people(*"abcdefg")
    former = np.array([0, 0, 0, 0, 0, 1, 1])
    now = np.array([2, 2, 0, 0, 0, 1, 1])
    assert match_ids(everyone, former, everyone, now, 3) == [0, 1, 2]


def test_a_group_that_vanished_leaves_its_id_free():
    everyone = people(*"abcdef")
    assert match_ids(
        everyone, np.array([0, 0, 1, 1, 2, 2]), everyone, np.array([0] * 2 + [1] * 4), 2
    ) == [
        0,
        1,
    ]
    assert match_ids(
        everyone, np.array([2] * 4 + [0] * 2), everyone, np.array([0] * 4 + [1] * 2), 2
    ) == [
        2,
        0,
    ]


def test_new_groups_get_the_smallest_free_numbers():
    everyone = people(*"abcd")
    assert match_ids(people(), np.array([], int), everyone, np.array([0, 0, 1, 1]), 2) == [0, 1]
    assert match_ids(people("a"), np.array([1]), everyone, np.array([0, 0, 1, 2]), 3) == [1, 0, 2]
