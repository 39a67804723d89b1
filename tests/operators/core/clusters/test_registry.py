"""Numbers of clusters are never used twice."""

import pytest

from operators.core.clusters.change_log import ChangeLog
from operators.core.clusters.named_cluster import NamedCluster
from operators.core.clusters.registry import Registry


@pytest.fixture
def log():
    return ChangeLog("c", "toy/1")


def test_a_number_is_not_given_again_after_its_cluster_has_ended(log):
    registry = Registry(log)
    assert registry.open(3).number == 1
    registry.close(1, 4)
    assert registry.open(5).number == 2
    assert (registry.numbers, len(registry)) == ({2}, 1)


def test_a_snapshot_s_clusters_and_numbers_go_on(log):
    registry = Registry(log)
    registry.fill([NamedCluster(4, 1, 2)])
    registry.last_number = 6
    assert registry.open(9).number == 7
    assert [cluster.number for cluster in registry] == [4, 7]


def test_what_happens_to_a_cluster_is_emitted(log):
    registry = Registry(log)
    cluster = registry.open(3)
    registry.touch(cluster.number, 8)
    assert (cluster.first_seen, cluster.last_seen) == (3, 8)
    [emitted] = log.outputs(registry.__getitem__, lambda _: (1, 1), lambda _: None).clusters
    assert emitted.last_seen == 8
    registry.close(cluster.number, 9)
    [ended] = log.outputs(registry.__getitem__, lambda _: (0, 0), lambda _: None).clusters
    assert (ended.size, ended.last_seen) == (0, 9)
