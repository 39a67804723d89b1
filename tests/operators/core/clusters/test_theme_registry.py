"""Themes keep their ids, hold every cluster once they are formed, and say no lone claim."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.core.clusters import theme_registry
from operators.core.clusters.clusters import REGROUP_AFTER, Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.outputs import Cluster
from operators.core.clusters.themes import how_many
from operators.core.clusters.thresholds import Thresholds

DIMENSION = 16


class Feed:
    """Hands proposals to clusters, as the job does; texts in capitals cannot be read."""

    def __init__(self) -> None:
        self.clusters = Clusters("c", "toy/1", DIMENSION, Thresholds())
        self.offset = 0
        self.where: dict[str, str] = {}
        self.known: dict[str, Cluster] = {}
        self.outputs = []

    def send(self, proposal: str, text: str, status: str = "accepted") -> None:
        item = Item("c", proposal, text, "en", status, self.offset)
        self.offset += 1
        needed = self.clusters.needs_vector(item) and not text.isupper()
        outputs = self.clusters.on_item(item, vector(text) if needed else None)
        self.where |= {a.proposal_id: a.cluster_id for a in outputs.assignments}
        self.known |= {c.cluster_id: c for c in outputs.clusters}
        self.outputs.append(outputs)

    @property
    def there(self) -> list[Cluster]:
        return [cluster for cluster in self.known.values() if cluster.size]

    @property
    def themes(self) -> dict[str, str]:
        """Proposal → theme."""
        return {p: self.known[cluster].theme_id for p, cluster in self.where.items() if cluster}

    def check(self) -> None:
        """All clusters have a theme or none has, and what is emitted of a theme is one thing."""
        readable = [cluster for cluster in self.there if cluster.kind == "topic"]
        with_theme = {bool(cluster.theme_id) for cluster in self.there}
        assert len(with_theme) <= 1
        assert len({c.theme_id for c in readable if c.theme_id}) <= 40
        terms = {(c.theme_id, c.theme_terms) for c in self.there}
        assert len(terms) == len({theme for theme, _ in terms})
        apart = {c.theme_id for c in self.there if c.kind == "unreadable" and c.theme_id}
        assert not apart & {c.theme_id for c in readable}


def vector(text: str) -> np.ndarray:
    """Texts of one first word point the same way, and so do first words of one first letter."""
    subject, topic, noise = (
        np.random.default_rng(list(part.encode())).normal(size=DIMENSION)
        for part in (text[0], text.split(maxsplit=1)[0], text)
    )
    return (subject + 0.7 * topic + 0.4 * noise).astype(np.float32)


def filled(number: int, first: int = 0) -> Feed:
    feed = Feed()
    fill(feed, number, first)
    return feed


def fill(feed: Feed, number: int, first: int = 0) -> None:
    for at in range(first, first + number):
        feed.send(f"p{at}", f"{'abcdef'[at % 6]}word{at % 18} wish {at}")


def test_there_are_no_themes_before_clusters_are_formed_and_then_all_have_one():
    feed = filled(REGROUP_AFTER - 1)
    assert set(feed.themes.values()) == {""}
    fill(feed, 1, REGROUP_AFTER - 1)
    themes = Counter(feed.themes.values())
    assert "" not in themes
    assert 1 < len(themes) <= how_many(REGROUP_AFTER)
    assert min(themes.values()) > 1
    feed.check()


def test_a_cluster_that_is_new_between_steps_joins_the_nearest_theme():
    feed = filled(2 * REGROUP_AFTER)
    before = feed.themes
    feed.send("new", "awholly new subject")
    assert feed.known[feed.where["new"]].size == 1
    assert feed.themes["new"] in set(before.values())
    near = Counter(theme for p, theme in before.items() if int(p[1:]) % 6 == 0)
    assert feed.themes["new"] in near
    assert {p: theme for p, theme in feed.themes.items() if p != "new"} == before


def test_ids_stay_when_some_more_proposals_come():
    feed = filled(4 * REGROUP_AFTER)
    before = feed.themes
    fill(feed, REGROUP_AFTER, 4 * REGROUP_AFTER)
    after = feed.themes
    assert sum(after[p] != theme for p, theme in before.items()) <= 0.1 * len(before)


def test_an_id_is_never_used_again():
    feed, seen, gone = Feed(), set(), set()
    for at in range(150):
        feed.send(f"p{at}", f"{'abcdefghij'[at // 20]}word{at % 4} wish {at}")
        if at >= 60:
            feed.send(f"p{at - 60}", "", "refused")
        now = set(feed.themes.values()) - {""}
        assert not now & gone
        gone |= seen - now
        seen |= now
    assert gone


def test_what_cannot_be_read_is_a_theme_of_its_own_without_words():
    feed = Feed()
    feed.send("early", "AAA")
    fill(feed, 2 * REGROUP_AFTER)
    feed.send("late", "BBB")
    assert feed.themes["early"] == feed.themes["late"]
    assert [p for p, theme in feed.themes.items() if theme == feed.themes["early"]] == [
        "early",
        "late",
    ]
    assert feed.known[feed.where["early"]].theme_terms == ()
    feed.check()
    for name in ("early", "late"):
        feed.send(name, "", "archived")
    feed.send("later", "CCC")
    assert [p for p, theme in feed.themes.items() if theme == feed.themes["later"]] == ["later"]
    feed.check()


def test_a_theme_keeps_no_word_that_nobody_says_any_more():
    """A flood that moderators take away leaves nothing on the slide, without waiting for a step."""
    feed = filled(REGROUP_AFTER)
    for at in range(REGROUP_AFTER):
        feed.send(f"s{at}", f"aword0 cheap {at}")

    def floods() -> set[str]:
        return {cluster.theme_id for cluster in feed.there if "cheap" in cluster.theme_terms}

    [flooded] = floods()
    others = {p for p, theme in feed.themes.items() if theme == flooded and p.startswith("p")}
    assert others, "the theme outlives the flood"
    for at in range(REGROUP_AFTER):
        feed.send(f"s{at}", "", "refused")
    assert feed.clusters.since_step == 0
    assert others <= {p for p, theme in feed.themes.items() if theme == flooded}
    assert not floods()
    feed.check()


def test_a_word_of_a_theme_is_in_two_of_its_proposals():
    """Each text has a number of its own, and no name is made of these."""
    feed = filled(3 * REGROUP_AFTER)
    for cluster in feed.there:
        assert cluster.theme_terms
        assert set(cluster.theme_terms) <= {"wish"} | {
            f"{'abcdef'[n % 6]}word{n}" for n in range(18)
        }


@pytest.mark.parametrize("most", [2, 3])
def test_there_are_never_more_than_the_most_with_the_one_of_unreadable_texts(monkeypatch, most):
    monkeypatch.setattr(theme_registry.themes, "MAX_THEMES", most)
    feed = filled(3 * REGROUP_AFTER)
    feed.send("u", "AAA")
    fill(feed, REGROUP_AFTER, 3 * REGROUP_AFTER)
    assert len(set(feed.themes.values())) <= most


histories = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from(["aone", "atwo", "bone", "btwo", "cone", "done", "AAA"]),
        st.sampled_from(["accepted"] * 6 + ["refused"]),
    ),
    min_size=20,
    max_size=120,
)


@settings(deadline=None, max_examples=10)
@given(histories, st.integers(1, 20))
def test_a_restart_anywhere_changes_nothing_and_what_is_emitted_adds_up(history, every):
    straight, broken = Feed(), Feed()
    for at, (proposal, text, status) in enumerate(history):
        if at % every == 0:
            broken.clusters = Clusters.restore(broken.clusters.snapshot())
        for feed in (straight, broken):
            feed.send(str(proposal), text if text == "AAA" else f"{text} {at}", status)
        straight.check()
    assert straight.outputs == broken.outputs
    assert straight.clusters.snapshot() == broken.clusters.snapshot()
