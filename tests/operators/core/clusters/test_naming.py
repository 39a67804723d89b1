"""A cluster is called after its most typical proposal; a name as good as the best one stays."""

import numpy as np
import pytest

from operators.core.clusters.labels import NEARER
from operators.core.clusters.members import Member
from operators.core.clusters.named_cluster import NamedCluster
from operators.core.clusters.naming import review
from operators.core.clusters.near_duplicates import Duplicate


def member(proposal: str, *words: str) -> Member:
    return Member(proposal, " ".join(words), "en", 0, 1, 1.0, Duplicate(), words)


MEMBERS = [member("a", "wind", "power"), member("b", "wind", "farms"), member("c", "cars")]


def at(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def named(cluster: NamedCluster, vectors: np.ndarray) -> NamedCluster:
    review(cluster, MEMBERS, vectors, vectors.sum(0), lambda counts: dict.fromkeys(counts, 1.0))
    return cluster


def test_the_nearest_to_the_centroid_gives_the_name():
    found = named(NamedCluster(1, 0, 0), at(-40, 1, 40))
    assert (found.medoid, found.label, found.reviewed) == ("b", "wind farms", 3)


def test_words_of_one_proposal_only_are_left_out_where_others_are_in_two():
    assert named(NamedCluster(1, 0, 0), at(-40, 1, 40)).terms == ("wind",)


def test_another_one_must_be_clearly_nearer():
    slightly, clearly = at(0, 2, 0), at(0, 60, 0)
    cluster = NamedCluster(1, 0, 0, medoid="b")
    assert named(cluster, slightly).medoid == "b"
    assert named(cluster, clearly).medoid == "a"


def test_a_name_of_somebody_who_left_is_not_kept():
    assert named(NamedCluster(1, 0, 0, medoid="gone", label="gone"), at(0, 0, 0)).medoid == "a"


@pytest.mark.parametrize(("more", "stays"), [(-1e-9, True), (1e-9, False)])
def test_clearly_is_by_more_than_the_published_margin(more, stays):
    # One proposal lies on the centroid; the present one is nearly NEARER away from it, or more.
    away = np.degrees(np.arccos(1 - NEARER - more))
    found = named(NamedCluster(1, 0, 0, medoid="b"), at(0, away, -away))
    assert (found.medoid == "b") == stays
