"""Where proposals lie: near ones share a micro-cluster, and what is taken out leaves no trace."""

import numpy as np
import pytest

from operators.core.clusters import placement as module
from operators.core.clusters.fixed_point import quantise
from operators.core.clusters.members import Member
from operators.core.clusters.near_duplicates import Duplicate
from operators.core.clusters.placement import Placement
from operators.core.clusters.thresholds import FIRST, Thresholds


def at(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return quantise(np.array([np.cos(angle), np.sin(angle)], np.float32))


def put(placement: Placement, proposal: str, degrees: float, *, opens: int = 0) -> int | None:
    """Put a proposal in; the number is that of the cluster it opens if none is near enough."""
    vector = at(degrees)
    wide = placement.centred(vector)
    place = placement.join(wide)
    joined = place is not None
    if place is None:
        place = placement.micro.open(wide, opens)
    placement.totals.add(int(placement.micro.cluster[place]), wide)
    member = Member(proposal, proposal, "en", 0, 1, 1.0, Duplicate(), ())
    placement.append(member, vector, place)
    return place if joined else None


@pytest.fixture
def placement() -> Placement:
    return Placement(2, Thresholds(micro=0.95, macro=0.8))


def test_near_ones_share_a_micro_cluster_others_a_cluster_and_far_ones_nothing(placement):
    assert put(placement, "a", 0, opens=1) is None
    assert put(placement, "b", 10) == 0
    assert put(placement, "c", 35) == 1
    assert put(placement, "d", 90, opens=2) is None
    assert placement.size_of(1) == (3, 2)
    assert placement.size_of(2) == (1, 1)
    assert (placement.number_of("c"), placement.number_of("d")) == (1, 2)
    inside, vectors, total = placement.inside(1)
    assert [member.proposal_id for member in inside] == ["a", "b", "c"]
    assert vectors.sum(0).tolist() == total.tolist()


def test_what_is_taken_out_leaves_no_trace(placement):
    for number, degrees in enumerate((0, 10, 35, 90)):
        put(placement, str(number), degrees, opens=1 if number == 0 else 2)
    before = {n: placement.totals.sum(n).tolist() for n in (1, 2)}
    put(placement, "x", 5)
    assert placement.remove(placement.members.row("x")) == 1
    assert {n: placement.totals.sum(n).tolist() for n in (1, 2)} == before
    assert placement.remove(placement.members.row("3")) == 2  # alone: its cluster is gone
    assert placement.size_of(2) == (0, 0)
    assert len(placement.micro) == 2
    assert [placement.number_of(str(n)) for n in range(3)] == [1, 1, 1]


def test_a_placement_goes_on_where_its_snapshot_was_taken(placement):
    for number, degrees in enumerate((0, 10, 35, 90)):
        put(placement, str(number), degrees, opens=1 if number == 0 else 2)
    again = Placement.restore(placement.snapshot())
    assert again.snapshot() == placement.snapshot()
    for one in (placement, again):
        put(one, "y", 80)
    assert again.snapshot() == placement.snapshot()
    assert again.vector_bytes == placement.vector_bytes > 0


def test_room_is_made_when_there_are_too_many_micro_clusters(placement, monkeypatch):
    monkeypatch.setattr(module, "MAX_MICRO_CLUSTERS", 2)
    put(placement, "a", 0, opens=1)
    assert not placement.full
    put(placement, "b", 90, opens=2)
    assert placement.full


def test_calibration_waits_for_enough_proposals(placement):
    for number in range(FIRST - 1):
        put(placement, str(number), number % 7, opens=1)
    placement.calibrate(FIRST - 1)
    assert placement.thresholds == Thresholds(micro=0.95, macro=0.8)
    put(placement, "last", 30, opens=1)
    placement.calibrate(FIRST)
    assert placement.thresholds != Thresholds(micro=0.95, macro=0.8)
    assert placement.micro.counts.sum() == FIRST
