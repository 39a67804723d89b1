"""People with much in common meet in a band; the estimate is that of their Jaccard index."""

import numpy as np
import pytest

from operators.core.signals import likeness
from operators.core.signals.likeness import BANDS, ROWS, buckets, resemblance, signatures


def people(*sets: range | list[int]) -> tuple[np.ndarray, np.ndarray]:
    tokens = np.concatenate([np.array(list(each), np.uint64) for each in sets])
    return tokens, np.cumsum([0, *(len(each) for each in sets)])


def test_the_order_of_ballots_says_nothing():
    found = signatures(*people([1, 2, 3, 4], [4, 2, 1, 3]))
    assert (found[0] == found[1]).all()
    assert found.shape == (2, BANDS * ROWS)


@pytest.mark.parametrize("common", [0, 20, 50, 80, 100])
def test_the_estimate_is_near_the_jaccard_index(common):
    one, other = range(100), range(100 - common, 200 - common)
    found = signatures(*people(one, other))
    index = common / (200 - common)
    [estimate] = resemblance(found, 0, np.array([1]))
    assert abs(estimate - index) <= 3 * (index * (1 - index) / (BANDS * ROWS)) ** 0.5


def test_those_with_much_in_common_meet_and_others_hardly_ever():
    ring = [list(range(25)) + [1_000 + 3 * n + k for k in range(3)] for n in range(5)]
    strangers = [list(range(5_000 + 30 * n, 5_028 + 30 * n)) for n in range(40)]
    found = list(buckets(signatures(*people(*ring, *strangers)), 5))
    assert any(set(bucket.tolist()) == set(range(5)) for bucket in found)
    assert not [bucket for bucket in found if max(bucket.tolist()) >= 5]


def test_each_set_of_people_comes_once_and_too_few_never():
    found = signatures(*people([1, 2], [1, 2], [3, 4], [5, 6]))
    assert [bucket.tolist() for bucket in buckets(found, 2)] == [[0, 1]]
    assert list(buckets(found, 3)) == []


def test_what_bounds_the_memory_does_not_change_the_answer(monkeypatch):
    sets = [range(n, n + 7) for n in range(30)]
    whole = signatures(*people(*sets))
    monkeypatch.setattr(likeness, "_CHUNK", 10)
    assert (signatures(*people(*sets)) == whole).all()
