"""Sums of clusters, kept up to date, equal those added up anew."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.core.clusters.micro_clusters import MicroClusters
from operators.core.clusters.totals import Totals

steps = st.lists(
    st.tuples(st.integers(1, 4), st.integers(-9, 9), st.integers(1, 9), st.booleans()), max_size=40
)


def none() -> MicroClusters:
    return MicroClusters(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))


@given(steps)
def test_adding_and_taking_away_is_exact(drawn):
    totals, members = Totals(none()), {}
    for number, x, y, taken in drawn:
        vector = np.array([x, y], np.float64)
        if taken and members.get(number):
            totals.take(number, members[number].pop())
        else:
            totals.add(number, vector)
            members.setdefault(number, []).append(vector)
        for each, vectors in members.items():
            assert totals.count(each) == len(vectors)
            if vectors:
                assert totals.sum(each).tolist() == sum(vectors).tolist()


def test_a_cluster_is_the_sum_of_its_micro_clusters():
    micro = MicroClusters(
        np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([1, 2, 3]), np.array([7, 9, 7])
    )
    totals = Totals(micro)
    assert (totals.count(7), totals.sum(7).tolist()) == (4, [6.0, 8.0])
    assert (totals.count(9), totals.count(8)) == (2, 0)


def test_of_equally_near_clusters_the_oldest_is_nearest():
    vector = np.array([1.0, 0])
    for order in ([4, 2, 3], [3, 4, 2]):
        totals = Totals(none())
        for number in order:
            totals.add(number, np.array([0.0, 5]) if number == 3 else vector)
        assert totals.nearest(vector) == 2


def test_the_table_is_by_number_whatever_the_order_of_the_rows():
    micro = MicroClusters(
        np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([1, 2, 3]), np.array([9, 7, 9])
    )
    numbers, sums, counts = Totals(micro).table()
    assert (numbers.tolist(), sums.tolist(), counts.tolist()) == ([7, 9], [[3, 4], [6, 8]], [2, 4])
