"""The journal: clusters can be restored from a snapshot and the items since.

Keeping a snapshot of a few ten megabytes with every item would cost a hundred times the clustering
itself. So an item is added to a journal, and a snapshot replaces the journal now and then. Clusters
are a function of their items, so going through the journal again gives the same ones, bit by bit.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item

MIN_ENTRIES: Final = 500
"""Items in a journal before a snapshot is taken, at least."""

SHARE: Final = 0.1
"""The same as a share of the proposals: all snapshots together are then about eleven times as long
as the last one, whatever their number."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One item of the journal, with the vector it was given (float32, least byte first)."""

    item: Item
    vector: bytes | None


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """One item of the history, from which all clusters can be made anew with other vectors.

    Attributes:
        item: The proposal.
        at_ms: Its broker time, ms since 1970.
    """

    item: Item
    at_ms: int


def arrival(item: Item, at_ms: int) -> bytes:
    """The history's entry of an item."""
    return msgspec.msgpack.encode(Arrival(item, at_ms))


def arrivals(entries: Iterable[bytes]) -> list[Arrival]:
    """The items of a history, in its order."""
    return [msgspec.msgpack.decode(data, type=Arrival) for data in entries]


def entry(item: Item, vector: NDArray[np.float32] | None) -> bytes:
    """The journal's entry of an item."""
    data = None if vector is None else vector.astype("<f4").tobytes()
    return msgspec.msgpack.encode(Entry(item, data))


def due(entries: int, clusters: Clusters) -> bool:
    """Whether it is time for a snapshot.

    Args:
        entries: How many the journal holds.
        clusters: The state after all of them.
    """
    return entries >= max(MIN_ENTRIES, int(SHARE * clusters.size.proposals))


def revived(clusters: Clusters, entries: Iterable[bytes]) -> Clusters:
    """The clusters after the journal's items.

    Args:
        clusters: As the snapshot holds them, or new ones.
        entries: The journal, in its order.
    """
    for data in entries:
        known = msgspec.msgpack.decode(data, type=Entry)
        vector = None if known.vector is None else np.frombuffer(known.vector, "<f4")
        clusters.on_item(known.item, vector)
    return clusters
