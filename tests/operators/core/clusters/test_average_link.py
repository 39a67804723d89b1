"""Average link from sums, against scipy on the vectors themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from operators.core.clusters.average_link import average_link
from operators.core.clusters.fixed_point import SCALE, centred, quantise
from operators.core.clusters.id_matching import match_ids
from operators.core.clusters.silhouette import silhouette
from operators.core.clusters.thresholds import LAST, calibrate


def vectors(seed: int, number: int, topics: int = 5, noise: float = 0.5) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(topics, 24))
    found = centres[random.integers(0, topics, number)] + noise * random.normal(size=(number, 24))
    return np.array([quantise(v) for v in found.astype(np.float32)]).astype(np.float64)


@given(st.integers(0, 10**6), st.integers(3, 40), st.floats(0.1, 0.9))
def test_single_vectors_are_grouped_as_scipy_groups_them(seed, number, floor) -> None:
    rows = vectors(seed, number)
    cosines = rows @ rows.T / SCALE**2
    distances = squareform(np.maximum(1.01 - cosines, 0), checks=False)
    expected = fcluster(linkage(distances, "average"), 1.01 - floor, "distance")
    found = average_link(rows @ rows.T, np.ones(number, np.int64), floor * SCALE**2)
    assert adjusted_rand_score(expected, found) == 1


@given(st.integers(0, 10**6), st.floats(0.1, 0.8), st.floats(0.0, 0.19))
def test_groups_go_on_from_their_sums_alone(seed, floor, lower) -> None:
    rows, one = vectors(seed, 40), np.ones(40, np.int64)
    first = average_link(rows @ rows.T, one, floor * SCALE**2)
    kept, places = np.unique(first, return_inverse=True)
    sums = np.array([rows[places == place].sum(0) for place in range(len(kept))])
    second = average_link(sums @ sums.T, np.bincount(places), (floor - lower) * SCALE**2)
    at_once = average_link(rows @ rows.T, one, (floor - lower) * SCALE**2)
    assert adjusted_rand_score(at_once, second[places]) == 1


def test_only_groups_of_one_number_join_and_no_further_than_asked() -> None:
    rows, within = vectors(1, 30), np.arange(30) % 3
    found = average_link(rows @ rows.T, np.ones(30, np.int64), -np.inf, down_to=9, within=within)
    assert len(set(found)) == 9
    assert all(len(set(within[found == group])) == 1 for group in set(found))
    found = average_link(rows @ rows.T, np.ones(30, np.int64), -np.inf, within=within)
    assert len(set(found)) == 3


def test_sums_and_products_do_not_depend_on_the_order_they_are_added_in() -> None:
    rows = vectors(2, 3_000, noise=0.05)
    order = np.random.default_rng(0).permutation(len(rows))
    one, other = rows[:1_500].sum(0), rows[1_500:].sum(0)
    assert (rows[order].sum(0) == one + other).all()
    exact = sum(int(a) * int(b) for a, b in zip(one, other, strict=True))
    assert int(one @ other) == int(one[::-1].copy() @ other[::-1].copy()) == exact


def test_centred_vectors_have_the_length_of_one_and_the_centre_itself_stays() -> None:
    rows = np.array([quantise(v) for v in np.eye(3, dtype=np.float32) + 0.1])
    moved = centred(rows, rows[0].astype(np.float64))
    assert (moved[0] == rows[0]).all()
    assert np.linalg.norm(moved, axis=1) == pytest.approx(SCALE, abs=2)


@pytest.mark.parametrize("bad", [np.zeros(4), np.array([np.nan, 1]), np.array([np.inf, 1])])
def test_a_vector_without_direction_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="finite vector"):
        quantise(bad.astype(np.float32))


def test_the_silhouette_ranks_groupings_as_scikit_learn_s_does() -> None:
    rows = vectors(3, 200, noise=0.8)
    truth = average_link(rows @ rows.T, np.ones(200, np.int64), 0.3 * SCALE**2)
    worse = np.where(np.random.default_rng(1).random(200) < 0.2, truth[::-1], truth)
    ours = [silhouette(rows, groups) for groups in (truth, worse)]
    theirs = [silhouette_samples(rows, groups, metric="cosine").mean() for groups in (truth, worse)]
    assert ours[0] > ours[1]
    assert theirs[0] > theirs[1]
    assert silhouette(rows, np.zeros(200, np.int64)) == 0
    assert silhouette(rows, np.arange(200)) == 0


@pytest.mark.parametrize("topics", [4, 12, 40])
def test_calibration_finds_the_topics_however_many_there_are(topics: int) -> None:
    rows = centred(
        vectors(topics, 600, topics, noise=0.4).astype(np.int16),
        np.rint(vectors(topics, 600, topics, noise=0.4).mean(0)),
    )
    floor = calibrate(rows[:LAST]).macro
    found = average_link(rows @ rows.T, np.ones(600, np.int64), floor * SCALE**2)
    assert topics * 0.8 <= len(set(found)) <= topics * 1.3


def test_an_id_goes_where_most_of_its_members_go_and_never_to_two() -> None:
    old, new = np.array([1, 1, 1, 2, 3]), np.array([9, 9, 8, 8, 7])
    assert match_ids(old, new, np.array([5, 1, 4, 3, 1])) == {9: 1, 8: 2, 7: 3}
    assert match_ids(old, np.zeros(5, np.int64), np.ones(5, np.int64)) == {0: 1}
    assert match_ids(np.ones(5, np.int64), new, np.ones(5, np.int64)) == {8: 1}
