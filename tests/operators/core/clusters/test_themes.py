"""Themes: every cluster is in one, they are few, none is a lone proposal, and order matters not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.core.clusters.fixed_point import quantise
from operators.core.clusters.themes import MAX_THEMES, form, how_many, nearest_to

DIMENSION = 8


def drawn(seed: int, sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Sums and counts of clusters of these sizes, about few subjects."""
    random = np.random.default_rng(seed)
    subjects = random.normal(size=(5, DIMENSION))
    sums = np.zeros((len(sizes), DIMENSION))
    for place, size in enumerate(sizes):
        centre = subjects[random.integers(5)] + 0.5 * random.normal(size=DIMENSION)
        for _ in range(size):
            sums[place] += quantise(centre + 0.3 * random.normal(size=DIMENSION))
    return sums, np.array(sizes)


def formed(sums: np.ndarray, counts: np.ndarray, former: np.ndarray | None = None) -> np.ndarray:
    return form(sums, counts, np.zeros(len(counts), np.int64) if former is None else former)


def parts(themes: np.ndarray, names: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(names[themes == theme].tolist()) for theme in np.unique(themes)}


sizes = st.lists(st.sampled_from([1, 1, 1, 2, 3, 9]), min_size=1, max_size=60)
seeds = st.integers(0, 999)


@settings(deadline=None, max_examples=40)
@given(seeds, sizes)
def test_every_cluster_is_in_one_theme_of_few_and_none_is_a_lone_proposal(seed, drawn_sizes):
    sums, counts = drawn(seed, drawn_sizes)
    themes = formed(sums, counts)
    assert themes.shape == counts.shape
    assert 1 <= len(np.unique(themes)) <= how_many(int(counts.sum())) <= MAX_THEMES
    if counts.sum() > 1:
        assert all(counts[themes == theme].sum() > 1 for theme in np.unique(themes))


directions = st.lists(
    st.tuples(st.integers(0, 71), st.sampled_from([1, 1, 2, 3])), min_size=3, max_size=9
)


@settings(deadline=None, max_examples=300)
@given(directions, st.integers(2, 4))
def test_none_is_a_lone_proposal_also_where_assigning_again_takes_the_others_away(drawn, most):
    """Few clusters in a plane: nearly every arrangement is among the examples."""
    angles = np.radians([5 * angle for angle, _ in drawn])
    counts = np.array([count for _, count in drawn])
    units = np.column_stack([np.cos(angles), np.sin(angles)])
    sums = np.rint(units * 4096 * counts[:, None])
    themes = form(sums, counts, np.zeros(len(counts), np.int64), most=most)
    assert all(counts[themes == theme].sum() > 1 for theme in np.unique(themes))


@settings(deadline=None, max_examples=40)
@given(seeds, sizes, st.randoms(use_true_random=False))
def test_the_order_of_clusters_is_no_matter(seed, drawn_sizes, random):
    sums, counts = drawn(seed, drawn_sizes)
    order = list(range(len(counts)))
    random.shuffle(order)
    names = np.arange(len(counts))
    expected = parts(formed(sums, counts), names)
    assert parts(formed(sums[order], counts[order]), names[order]) == expected


@settings(deadline=None, max_examples=40)
@given(seeds, sizes, seeds)
def test_whatever_themes_were_before_the_same_holds(seed, drawn_sizes, before):
    sums, counts = drawn(seed, drawn_sizes)
    former = np.random.default_rng(before).integers(0, 6, len(counts))
    themes = formed(sums, counts, former)
    assert len(np.unique(themes)) <= how_many(int(counts.sum()))
    if counts.sum() > 1:
        assert all(counts[themes == theme].sum() > 1 for theme in np.unique(themes))


def test_subjects_that_lie_apart_are_themes_and_a_lone_proposal_goes_to_its_own():
    ends = np.eye(3) * 4096
    sums = np.array([3 * ends[0], 2 * ends[0], 4 * ends[1], 2 * ends[2], ends[1] + 0.1 * ends[0]])
    themes = form(sums, np.array([3, 2, 4, 2, 1]), np.zeros(5, np.int64), most=3)
    assert parts(themes, np.arange(5)) == {frozenset({0, 1}), frozenset({2, 4}), frozenset({3})}


def test_a_cluster_that_average_link_joined_too_early_goes_where_it_is_nearer():
    """This would fail if nothing were assigned again: the middle one joins the first neighbour."""
    degrees = np.radians([0, 40, 79, 100, 200])
    sums = np.rint(np.column_stack([np.cos(degrees), np.sin(degrees)]) * 4096 * 2)
    counts = np.full(5, 2)
    themes = form(sums, counts, np.zeros(5, np.int64), most=3)
    assert themes[2] == themes[3] != themes[0] == themes[1]


def test_what_was_together_stays_together_where_it_is_nearly_as_good():
    degrees = np.radians([0, 44, 90, 180])
    sums = np.rint(np.column_stack([np.cos(degrees), np.sin(degrees)]) * 4096 * 2)
    counts = np.full(4, 2)
    without = form(sums, counts, np.zeros(4, np.int64), most=3)
    assert without[1] == without[0] != without[2]
    before = form(sums, counts, np.array([1, 2, 2, 3]), most=3)
    assert before[1] == before[2] != before[0]


@pytest.mark.parametrize(
    ("proposals", "themes"),
    [(1, 1), (2, 1), (3, 1), (25, 5), (39, 6), (148, 9), (316, 11), (30_000, 40), (10**7, 40)],
)
def test_how_many_there_are(proposals, themes):
    assert how_many(proposals) == themes


def test_without_clusters_there_are_no_themes():
    assert formed(np.zeros((0, 3)), np.zeros(0, np.int64)).tolist() == []


def test_opposite_vectors_have_no_direction_and_nothing_is_near_them():
    sums = np.array([[8.0, 0], [-8, 0], [0, 8]])
    assert nearest_to(np.array([1.0, 0]), sums, np.array([1, 1, 2])) == 2
    assert formed(np.array([[8.0, 0], [-8, 0]]), np.array([1, 1])).tolist() == [0, 0]
