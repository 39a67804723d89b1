"""What changed is emitted once, and what is as last emitted is not."""

from operators.core.clusters.change_log import ChangeLog
from operators.core.clusters.members import Member
from operators.core.clusters.named_cluster import NamedCluster
from operators.core.clusters.near_duplicates import Duplicate
from operators.core.clusters.outputs import Outputs
from operators.core.clusters.theme import Theme

NAMED = {1: NamedCluster(1, 3, 7, medoid="p", label="Trees"), 2: NamedCluster(2, 4, 4)}
SIZES = {1: (5, 2), 2: (1, 1)}
THEMES = {1: Theme(3, [1], ("trees", "parks"))}


def member(proposal: str = "p", arrival: int = 1) -> Member:
    return Member(proposal, "More trees", "en", 3, arrival, 0.9, Duplicate(), ("trees",))


def outputs(log: ChangeLog, named: dict[int, NamedCluster] = NAMED) -> Outputs:
    return log.outputs(named.__getitem__, SIZES.__getitem__, THEMES.get)


def test_without_a_change_nothing_is_emitted():
    assert outputs(ChangeLog("c", "toy/1")) == Outputs()


def test_a_touched_cluster_is_emitted_only_when_something_about_it_has_changed():
    named = {1: NamedCluster(1, 3, 7, medoid="p", label="Trees")}
    log = ChangeLog("c", "toy/1")
    log.touch(1)
    [cluster] = outputs(log, named).clusters
    assert (cluster.cluster_id, cluster.label, cluster.size) == ("c1", "Trees", 5)
    log.touch(1)
    assert outputs(log, named).clusters == ()
    named[1].label = "Forests"
    log.touch(1)
    assert [cluster.label for cluster in outputs(log, named).clusters] == ["Forests"]


def test_a_cluster_is_emitted_with_its_theme_and_without_one_while_there_is_none():
    log = ChangeLog("c", "toy/1")
    log.touch(1)
    log.touch(2)
    one, two = outputs(log, {1: NamedCluster(1, 3, 7), 2: NamedCluster(2, 4, 4)}).clusters
    assert (one.theme_id, one.theme_terms) == ("t3", ("trees", "parks"))
    assert (two.theme_id, two.theme_terms) == ("", ())


def test_a_proposal_that_moves_twice_is_emitted_where_it_ends():
    log = ChangeLog("c", "toy/1")
    log.member(member(), 1)
    log.member(member(), 2)
    [assignment] = outputs(log).assignments
    assert (assignment.cluster_id, assignment.cluster_id_at_arrival) == ("c2", "c1")


def test_a_proposal_that_is_gone_is_in_no_cluster():
    log = ChangeLog("c", "toy/1")
    log.member(member(), 1)
    log.gone(member())
    [assignment] = outputs(log).assignments
    assert (assignment.cluster_id, assignment.similarity) == ("", 0.0)


def test_a_closed_cluster_is_emitted_empty_if_it_was_ever_emitted():
    named = {1: NamedCluster(1, 3, 7, label="Trees")}
    log = ChangeLog("c", "toy/1")
    log.touch(1)
    outputs(log, named)
    named[1].last_seen = 9
    log.touch(1)
    log.close(named[1])
    log.touch(2)
    log.close(NamedCluster(2, 8, 8))
    [ended] = outputs(log, named).clusters
    assert (ended.cluster_id, ended.size, ended.micro_clusters, ended.last_seen) == ("c1", 0, 0, 9)


def test_events_count_up_and_go_on_after_a_snapshot():
    log = ChangeLog("c", "toy/1")
    log.last_event = 6
    log.event(9, "merged", 2, 1, 3)
    log.event(9, "closed", 1, None, 0)
    found = outputs(log).events
    assert [event.number for event in found] == [7, 8]
    assert [(event.cluster_id, event.other) for event in found] == [("c2", "c1"), ("c1", "")]
    assert outputs(log).events == ()
