"""Cluster quality is measured on texts whose topics are plain."""

from itertools import count

import pytest

from loadtests.evaluation.cluster_quality import lines, run, synthetic


def test_made_up_topics_are_found_again_and_every_figure_is_there() -> None:
    ticks = count()
    measured = run(*synthetic(400, dimension=32), clock=lambda: float(next(ticks)))
    assert (measured.name, measured.proposals) == ("synthetic", 400)
    assert measured.final.nmi > 0.6
    assert measured.ids >= measured.final.groups > 10
    assert measured.micro_clusters >= measured.final.groups
    assert measured.cpu_s == 400  # a tick for each proposal
    assert measured.changed
    assert all(0 <= share <= 1 for share in measured.changed)
    sizes = [size for size, _, _ in measured.topics]
    assert sizes == sorted(sizes, reverse=True)
    table = lines([measured])
    assert table[2].startswith("| synthetic (400) | at arrival |")
    assert table[3].startswith("| synthetic (400) | final |")


def test_the_same_proposals_are_made_up_each_time() -> None:
    (one, vectors), (other, again) = synthetic(50, 8), synthetic(50, 8)
    assert one == other
    assert (vectors == again).all()
    assert vectors.shape == (50, 8)
    assert len(set(one.topics)) == pytest.approx(20, abs=15)
