"""A snapshot brings everything back, and one of another version is refused."""

import msgspec
import pytest

from operators.core.clusters import snapshots
from operators.core.clusters.members import Member
from operators.core.clusters.named_cluster import NamedCluster
from operators.core.clusters.near_duplicates import Duplicate
from operators.core.clusters.outputs import Cluster
from operators.core.clusters.theme import Theme
from operators.core.clusters.thresholds import Thresholds
from operators.core.errors import TerminalError

MEMBER = Member(
    "p", "More trees", "en", 3, 1, 0.5, Duplicate("o", "near", 0.9), ("trees",)
)  # fmt: skip
CLUSTER = NamedCluster(
    1, 2, 3, "p", "More trees", ("trees",), 4,
    Cluster("c", "c1", "topic", "More trees", ("trees",), 4, "p", 2, 3, 1, "toy/1"),
)  # fmt: skip


def state() -> snapshots.State:
    placed = snapshots.Placed(
        dimension=2, thresholds=Thresholds(), centre=b"c", near=0.9, calibrated=True,
        micro_cluster=b"m", vectors=b"v", member_micro=b"i", members=[snapshots.row(MEMBER)],
        unreadable=[snapshots.row(MEMBER)], unreadable_number=6,
    )  # fmt: skip
    return snapshots.State(
        consultation_id="c", model="toy/1", offset=9, arrivals=8, since=7, last_number=6,
        last_event=5, placed=placed, clusters=[snapshots.name(CLUSTER)],
        last_theme=3, themes=[Theme(2, [1], ("trees",))],
    )  # fmt: skip


def test_everything_comes_back():
    found = snapshots.decode(snapshots.encode(state()))
    assert found == state()
    assert [row.member() for row in found.placed.members] == [MEMBER]
    assert [row.member() for row in found.placed.unreadable] == [MEMBER]
    assert [name.cluster() for name in found.clusters] == [CLUSTER]


def test_another_version_is_refused_by_its_number():
    former = msgspec.msgpack.encode({"version": snapshots.VERSION - 1, "anything": 1})
    with pytest.raises(TerminalError, match=f"version {snapshots.VERSION - 1}"):
        snapshots.decode(former)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x81\xa7version\xa1x"])
def test_what_is_no_snapshot_is_said(data):
    with pytest.raises(TerminalError, match="cannot be read"):
        snapshots.decode(data)


def test_half_a_snapshot_is_said():
    with pytest.raises(TerminalError, match="cannot be read"):
        snapshots.decode(snapshots.encode(state())[:-3])
