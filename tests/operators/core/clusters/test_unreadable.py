"""What cannot be read stands apart: together by name, never as if alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.clusters.clusters import REGROUP_AFTER, Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.thresholds import Thresholds
from operators.core.clusters.unreadable import LABEL


class Feed:
    """Hands proposals to clusters; texts in capitals cannot be read."""

    def __init__(self) -> None:
        self.clusters = Clusters("c", "toy/1", 16, Thresholds())
        self.offset = 0
        self.where, self.known, self.copies = {}, {}, {}

    def send(self, proposal: str, text: str, status: str = "accepted"):
        item = Item("c", proposal, text, "", status, self.offset)
        self.offset += 1
        seed = list(text.split(maxsplit=1)[0].encode())
        found = np.random.default_rng(seed).normal(size=16).astype("f4")
        outputs = self.clusters.on_item(item, None if text.isupper() else found)
        self.where |= {a.proposal_id: a.cluster_id for a in outputs.assignments}
        self.copies |= {a.proposal_id: a.duplicate_of for a in outputs.assignments}
        self.known |= {c.cluster_id: c for c in outputs.clusters}
        return outputs


def test_they_share_a_cluster_that_is_named_so_and_no_topic_has_one():
    feed = Feed()
    for n, text in enumerate(["trees", "AAA", "trees too", "BBB"]):
        feed.send(str(n), text)
    assert feed.where["0"] == feed.where["2"] != feed.where["1"] == feed.where["3"]
    apart = feed.known[feed.where["1"]]
    assert (apart.kind, apart.label, apart.size, apart.medoid) == ("unreadable", LABEL, 2, "1")
    assert apart.micro_clusters == 0
    assert feed.known[feed.where["0"]].kind == "topic"
    assert feed.clusters.size.proposals == 4


def test_steps_and_thresholds_are_as_if_they_were_not_there():
    mixed, alone = Feed(), Feed()
    mixed.send("u", "AAA")
    mixed.send("gone", "trees", "refused")
    for n in range(3 * REGROUP_AFTER):
        mixed.send(f"u{n}", f"EMOJI{n}")
        text = f"word{n % 9} {n}"
        mixed.send(f"p{n}", text)
        alone.send(f"p{n}", text)
    assert mixed.clusters.thresholds == alone.clusters.thresholds

    def parts(feed: Feed) -> set[frozenset[str]]:
        named = {p: c for p, c in feed.where.items() if p.startswith("p")}
        return {frozenset(p for p in named if named[p] == c) for c in named.values()}

    assert parts(mixed) == parts(alone)
    assert len({mixed.where[f"u{n}"] for n in range(3 * REGROUP_AFTER)}) == 1


def test_an_edit_into_words_moves_it_and_back():
    feed = Feed()
    feed.send("a", "AAA")
    apart = feed.where["a"]
    feed.send("a", "trees now")
    assert feed.known[feed.where["a"]].kind == "topic"
    assert feed.known[apart].size == 0  # it was alone there
    topic = feed.where["a"]
    feed.send("a", "AAA")
    assert feed.known[feed.where["a"]].kind == "unreadable"
    assert feed.where["a"] != apart  # ids are never used again
    assert feed.known[topic].size == 0
    feed.send("a", "AAA", "refused")
    assert feed.where["a"] == ""
    assert feed.clusters.size.proposals == 0


def test_only_the_very_same_one_is_a_repetition():
    feed = Feed()
    long = "AAAA BBBB CCCC DDDD EEEE FFFF GGGG HHHH IIII JJJJ KKKK"
    feed.send("a", long)
    feed.send("b", long)
    feed.send("c", f"{long} L")
    assert (feed.copies["b"], feed.copies["c"]) == ("a", "")
    feed.send("a", long, "refused")
    assert feed.copies["b"] == ""
    assert feed.known[feed.where["b"]].medoid == "b"


@pytest.mark.parametrize("every", [1, 3])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["AAA", "BBB", "trees", "trees too", "tax"]),
            st.sampled_from(["accepted"] * 4 + ["refused"]),
        ),
        max_size=25,
    )
)
def test_a_snapshot_anywhere_changes_nothing(every, history):
    straight, broken = Feed(), Feed()
    for number, (proposal, text, status) in enumerate(history):
        if number % every == 0:
            broken.clusters = Clusters.restore(broken.clusters.snapshot())
        sent = straight.send(str(proposal), text, status)
        assert broken.send(str(proposal), text, status) == sent
    assert broken.clusters.snapshot() == straight.clusters.snapshot()
