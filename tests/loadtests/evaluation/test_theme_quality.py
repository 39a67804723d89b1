"""Themes are measured on texts whose subjects are plain."""

import csv

import pytest

from loadtests.evaluation.cluster_quality import synthetic
from loadtests.evaluation.theme_quality import comments, lines, measure
from operators.core.clusters.themes import how_many
from operators.core.clusters.thresholds import Thresholds


def test_every_figure_is_there_and_adds_up() -> None:
    data, vectors = synthetic(160, dimension=32)
    measured = measure("made up", data.texts, vectors, Thresholds())
    sizes = [size for size, _, _ in measured.themes]
    assert sum(sizes) == measured.proposals == 160
    assert sum(number for _, number, _ in measured.themes) == measured.clusters
    assert sizes == sorted(sizes, reverse=True)
    assert 1 < len(sizes) <= how_many(160)
    assert measured.changed
    assert all(0 <= share <= 1 for share in measured.changed)
    table = lines([measured])
    assert table[2].startswith(f"| made up | 160 | {measured.clusters} | {measured.alone} | ")
    assert len(table) == 3 + 1 + len(sizes)


def test_comments_come_in_the_order_of_their_time(tmp_path) -> None:
    head = ["timestamp", "comment-id", "author-id", "agrees", "disagrees", "moderated"]
    for name, columns, rows in (
        ("comments.csv", [*head, "comment-body"], [[2000, 1, 9, 0, 0, 1, "later"],
                                                   [1000, 2, 9, 0, 0, -1, "earlier"]]),
        ("votes.csv", ["timestamp", "comment-id", "voter-id", "vote"], [[3000, 1, 5, 1]]),
    ):  # fmt: skip
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
    assert comments(tmp_path) == ["earlier", "later"]


@pytest.mark.parametrize("proposals", [10])
def test_before_clusters_are_formed_nothing_has_a_theme(proposals: int) -> None:
    data, vectors = synthetic(proposals, dimension=16)
    measured = measure("few", data.texts, vectors, Thresholds())
    assert measured.themes == [(proposals, measured.clusters, ())]
    assert measured.changed == []
