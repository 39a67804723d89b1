"""What is kept of clusters makes the same ones again, wherever it is cut."""

import numpy as np
import pytest

from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.journal import MIN_ENTRIES, due, entry, revived
from operators.core.clusters.thresholds import Thresholds

RANDOM = np.random.default_rng(3)
CENTRES = RANDOM.normal(size=(8, 16))


def items() -> list[tuple[Item, np.ndarray | None]]:
    """Arrivals, edits, repeats and rejections."""
    made: list[tuple[Item, np.ndarray | None]] = []
    for offset in range(700):
        number = int(RANDOM.integers(400))
        status = "refused" if RANDOM.random() < 0.1 else "accepted"
        edition = int(RANDOM.integers(2))
        item = Item("c", f"p{number}", f"text {number} {edition}", "en", status, offset)
        vector = CENTRES[number % 8] + 0.4 * np.random.default_rng(number * 2 + edition).normal(
            size=16
        )
        made.append((item, (vector / np.linalg.norm(vector)).astype(np.float32)))
    return made


def clusters() -> Clusters:
    return Clusters("c", "toy/1", 16, Thresholds())


@pytest.mark.parametrize("cut", [0, 1, 299, 699])
def test_a_snapshot_and_a_journal_go_on_as_if_nothing_had_happened(cut):
    undisturbed, journal, snapshot, emitted = clusters(), [], None, []
    for place, (item, vector) in enumerate(ITEMS):
        given = vector if undisturbed.needs_vector(item) else None
        emitted.append(undisturbed.on_item(item, given))
        journal.append(entry(item, given))
        if place == cut // 2:
            snapshot, journal = undisturbed.snapshot(), []
        if place == cut:
            begun = clusters() if snapshot is None else Clusters.restore(snapshot)
            again = revived(begun, journal)
    for (item, vector), expected in zip(ITEMS[cut + 1 :], emitted[cut + 1 :], strict=True):
        given = vector if again.needs_vector(item) else None
        assert again.on_item(item, given) == expected
    assert again.snapshot() == undisturbed.snapshot()


def test_snapshots_become_rarer_as_there_is_more_to_write():
    small = clusters()
    assert not due(MIN_ENTRIES - 1, small)
    assert due(MIN_ENTRIES, small)


ITEMS = items()
