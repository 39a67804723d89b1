"""Clusters of one consultation: who moves when, what is emitted, and that it can be repeated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.core.clusters import clusters as clusters_module
from operators.core.clusters import micro_clusters as micro_module
from operators.core.clusters import placement as placement_module
from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.outputs import Outputs
from operators.core.clusters.thresholds import Thresholds
from operators.core.errors import TerminalError

DIMENSION = 16


def fresh() -> Clusters:
    return Clusters("c", "toy/1", DIMENSION, Thresholds())


def vector(text: str) -> np.ndarray:
    """Texts of one first word point the same way, more or less."""
    topic = np.random.default_rng(list(text.split(maxsplit=1)[0].encode())).normal(size=DIMENSION)
    noise = np.random.default_rng(list(text.encode())).normal(size=DIMENSION)
    return (topic + 0.4 * noise).astype(np.float32)


class Feed:
    """Hands proposals to clusters as the job does, and keeps what they last emitted."""

    def __init__(self, clusters: Clusters | None = None) -> None:
        self.clusters = clusters or fresh()
        self.offset = 0
        self.assignments, self.known, self.events = {}, {}, []
        self.outputs: list[Outputs] = []

    def send(self, proposal: str, text: str, status: str = "accepted", language="en") -> Outputs:
        item = Item("c", proposal, text, language, status, self.offset)
        self.offset += 1
        needed = self.clusters.needs_vector(item)
        emitted = self.clusters.on_item(item, vector(text) if needed else None)
        self.assignments |= {a.proposal_id: a for a in emitted.assignments}
        self.known |= {c.cluster_id: c for c in emitted.clusters}
        self.events += emitted.events
        self.outputs.append(emitted)
        return emitted

    def cluster(self, proposal: str) -> str:
        return self.assignments[proposal].cluster_id

    def check(self) -> None:
        """Everything emitted adds up."""
        members = [a.cluster_id for a in self.assignments.values() if a.cluster_id]
        sizes = {c.cluster_id: c.size for c in self.known.values() if c.size}
        assert sizes == {name: members.count(name) for name in set(members)}
        assert [event.number for event in self.events] == list(range(1, len(self.events) + 1))
        begun = [e.cluster_id for e in self.events if e.kind in {"opened", "split"}]
        ended = [e.cluster_id for e in self.events if e.kind in {"merged", "closed"}]
        assert len(begun) == len(set(begun))
        assert len(ended) == len(set(ended))
        assert set(begun) - set(ended) == set(sizes)
        for cluster in self.known.values():
            if cluster.size:
                assert self.cluster(cluster.medoid) == cluster.cluster_id


def test_what_is_alike_shares_a_cluster_and_what_is_not_does_not() -> None:
    feed = Feed()
    feed.send("a", "trees in the city")
    feed.send("b", "trees in the parks")
    feed.send("c", "pensions for all")
    assert feed.cluster("a") == feed.cluster("b") != feed.cluster("c")
    feed.check()


def test_a_repeated_message_needs_no_vector_and_emits_nothing() -> None:
    feed = Feed()
    feed.send("a", "trees in the city")
    before = feed.clusters.snapshot()
    assert not feed.clusters.needs_vector(Item("c", "a", "trees in the city", "en", "accepted", 9))
    assert feed.send("a", "trees in the city") == Outputs()
    assert len(before) == len(feed.clusters.snapshot())


def test_an_item_of_an_offset_already_seen_changes_nothing() -> None:
    feed = Feed()
    feed.send("a", "trees in the city")
    feed.send("b", "pensions for all")
    before = feed.clusters.snapshot()
    late = Item("c", "a", "pensions", "en", "accepted", 0)
    assert not feed.clusters.needs_vector(late)
    assert feed.clusters.on_item(late, vector("pensions")) == Outputs()
    assert feed.clusters.snapshot() == before


@pytest.mark.parametrize("status", ["refused", "archived", "postponed", "pending"])
def test_a_proposal_that_is_no_longer_accepted_leaves(status: str) -> None:
    feed = Feed()
    feed.send("a", "trees in the city")
    feed.send("b", "trees in the parks")
    shared = feed.cluster("a")
    feed.send("a", "trees in the city", status)
    assert feed.cluster("a") == ""
    assert feed.known[shared].size == 1
    feed.check()
    feed.send("b", "trees in the parks", status)
    assert feed.known[shared].size == 0
    assert feed.events[-1].kind == "closed"
    assert feed.clusters.size.proposals == feed.clusters.size.micro_clusters == 0
    feed.check()


def test_a_proposal_that_was_never_accepted_is_nowhere() -> None:
    feed = Feed()
    assert feed.send("a", "trees", "pending") == Outputs()
    assert feed.send("a", "trees", "refused") == Outputs()


def test_a_new_text_may_move_and_counts_as_an_arrival() -> None:
    feed = Feed()
    for name, text in [("a", "trees in the city"), ("b", "trees in parks"), ("c", "pensions now")]:
        feed.send(name, text)
    feed.send("a", "pensions for all")
    moved = feed.assignments["a"]
    assert moved.cluster_id == moved.cluster_id_at_arrival == feed.cluster("c")
    feed.check()


def test_a_cluster_of_one_lives_on_when_its_text_is_touched_up() -> None:
    feed = Feed()
    feed.send("a", "trees in the city")
    before = feed.cluster("a")
    feed.send("a", "trees in the city please")
    assert feed.cluster("a") == before
    assert [event.kind for event in feed.events] == ["opened"]
    assert feed.known[before].label == "trees in the city please"


def test_another_language_is_emitted_without_a_vector() -> None:
    feed = Feed()
    feed.send("a", "trees in the city", language="")
    emitted = feed.send("a", "trees in the city", language="en")
    assert [a.language for a in emitted.assignments] == ["en"]


def test_duplicates_link_to_the_earliest_and_to_the_next_when_it_goes() -> None:
    feed = Feed()
    for name in "abc":
        feed.send(name, "trees in the city" if name != "b" else "Trees in the city!")
    assert [feed.assignments[name].duplicate_of for name in "abc"] == ["", "a", "a"]
    feed.send("a", "trees in the city", "refused")
    assert [feed.assignments[name].duplicate_of for name in "bc"] == ["", "b"]
    feed.check()


@pytest.mark.parametrize("wrong", [np.zeros(DIMENSION, np.float32), np.ones(3, np.float32)])
def test_a_zero_or_short_vector_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="need a"):
        fresh().on_item(Item("c", "a", "trees", "en", "accepted", 1), wrong)


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    for data in (b"", b"\x00", fresh().snapshot()[:-3]):
        with pytest.raises(TerminalError, match="replay"):
            Clusters.restore(data)


actions = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.sampled_from(["trees", "pensions", "schools", "tax", "rail"]),
        st.sampled_from(["", " now", " for all", " in the city"]),
        st.sampled_from(["accepted"] * 4 + ["refused", "archived"]),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=40)
@given(actions, st.integers(1, 10))
def test_a_snapshot_anywhere_changes_nothing(history, every: int) -> None:
    straight, broken = Feed(), Feed()
    for number, (proposal, topic, rest, status) in enumerate(history):
        if number % every == 0:
            broken.clusters = Clusters.restore(broken.clusters.snapshot())
        straight.send(str(proposal), topic + rest, status)
        broken.send(str(proposal), topic + rest, status)
    assert straight.outputs == broken.outputs
    assert straight.clusters.snapshot() == broken.clusters.snapshot()
    straight.check()


@settings(deadline=None, max_examples=40)
@given(actions)
def test_what_is_emitted_adds_up_whatever_happens(history) -> None:
    feed = Feed()
    for proposal, topic, rest, status in history:
        feed.send(str(proposal), topic + rest, status)
        feed.check()


@settings(deadline=None, max_examples=2)
@given(st.integers(0, 100), st.integers(100, 700))
def test_regrouping_folding_and_snapshots_agree_over_many_proposals(seed: int, cut: int) -> None:
    random = np.random.default_rng(seed)
    straight, broken = Feed(), Feed()
    for number in range(560):
        if number % cut == 0:
            broken.clusters = Clusters.restore(broken.clusters.snapshot())
        proposal = str(random.integers(0, 700))
        text = f"topic{random.integers(0, 40)} {random.integers(0, 10**6)}"
        status = "accepted" if random.random() < 0.9 else "refused"
        straight.send(proposal, text, status)
        broken.send(proposal, text, status)
    assert straight.outputs == broken.outputs
    straight.check()
    assert any(
        a.cluster_id != a.cluster_id_at_arrival
        for a in straight.assignments.values()
        if a.cluster_id
    )


@pytest.mark.parametrize("apart", [False, True])
def test_micro_clusters_never_exceed_their_bound(monkeypatch, apart: bool) -> None:
    monkeypatch.setattr(placement_module, "MAX_MICRO_CLUSTERS", 20)
    monkeypatch.setattr(clusters_module, "FOLDED", 12)
    monkeypatch.setattr(micro_module, "FOLDED", 12)
    feed = Feed()
    for number in range(120):
        topic = f"topic{number}" if apart else f"topic{number % 5}"
        feed.send(str(number), f"{topic} wish {number}")
        assert feed.clusters.size.micro_clusters <= 20
        feed.check()
    again = Clusters.restore(feed.clusters.snapshot())
    assert again.snapshot() == feed.clusters.snapshot()
    assert again.size == feed.clusters.size


def test_names_change_far_more_rarely_than_members_come() -> None:
    feed, changes = Feed(), 0
    for number in range(240):
        before = {name: cluster.label for name, cluster in feed.known.items()}
        feed.send(str(number), f"topic{number % 6} wish {number}")
        changes += sum(before.get(name, c.label) != c.label for name, c in feed.known.items())
    assert sum(cluster.size > 0 for cluster in feed.known.values()) <= 12
    assert len(feed.known) <= 18
    assert changes < 40
