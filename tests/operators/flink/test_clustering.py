"""The operator around the clusters: whatever dies in between, the outputs are the same."""

import json

import numpy as np
import pytest

from operators.core.clusters.journal import MIN_ENTRIES
from operators.core.clusters.thresholds import Thresholds
from operators.flink.clustering import ClusterProposals


class Value:
    """Flink's value state."""

    kept: bytes | None = None

    def value(self) -> bytes | None:
        return self.kept

    def update(self, data: bytes) -> None:
        self.kept = data


class Journal:
    """Flink's list state."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []

    def get(self) -> list[bytes]:
        return list(self.entries)

    def add(self, entry: bytes) -> None:
        self.entries.append(entry)

    def clear(self) -> None:
        self.entries.clear()


class State:
    """Of one consultation, as it outlives the process."""

    def __init__(self) -> None:
        self.value, self.journal = Value(), Journal()

    def get_state(self, _descriptor: object) -> Value:
        return self.value

    def get_list_state(self, _descriptor: object) -> Journal:
        return self.journal


class Words:
    """An encoder for which a text's first word is what it is about."""

    model, dimension = "toy/1", 16

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sizes: list[int] = []

    def encode(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        seeds = [list(text.split()[0].encode()) for text in texts]
        return np.stack([np.random.default_rng(s).normal(size=16) for s in seeds]).astype("f4")

    def clustered(self, _consultation: str, size: object) -> None:
        self.sizes.append(size.proposals)


def arrivals(count: int) -> list[tuple]:
    status = ("accepted",) * 5 + ("refused",)
    return [
        ("c", f"p{n % 17}", f"word{n % 5} edition {n % 11}", "en", status[n % 6], 1_000 + n, n)
        for n in range(count)
    ]


def opened(state: State, encoder: Words) -> ClusterProposals:
    process = ClusterProposals(3, lambda: (encoder, Thresholds()))
    process.open(state)
    return process


def emitted(process: ClusterProposals, values: list[tuple]) -> list[tuple]:
    return [tuple(row) for value in values for row in process.process_element(value, None)]


@pytest.mark.parametrize("dies_after", [1, MIN_ENTRIES - 1, MIN_ENTRIES, MIN_ENTRIES + 7])
def test_a_process_that_dies_and_begins_anew_emits_what_one_that_lives_on_does(dies_after):
    values = arrivals(MIN_ENTRIES + 40)
    whole = emitted(opened(State(), Words()), values)
    state = State()
    parts = emitted(opened(state, Words()), values[:dies_after])
    parts += emitted(opened(state, Words()), values[dies_after:])
    assert parts == whole


def test_a_snapshot_takes_the_place_of_the_journal():
    state = State()
    process = opened(state, Words())
    emitted(process, arrivals(MIN_ENTRIES - 1))
    assert (state.value.kept, len(state.journal.entries)) == (None, MIN_ENTRIES - 1)
    emitted(process, arrivals(MIN_ENTRIES)[-1:])
    assert state.value.kept
    assert state.journal.entries == []


def test_only_new_texts_of_accepted_proposals_are_encoded():
    encoder = Words()
    emitted(opened(State(), encoder), arrivals(60))
    accepted = {value[2] for value in arrivals(60) if value[4] == "accepted"}
    assert set(encoder.asked) <= accepted
    assert len(encoder.sizes) == 60


def test_every_record_is_of_the_epoch_that_is_counted():
    for _topic, key, _record in emitted(opened(State(), Words()), arrivals(10)):
        assert json.loads(key)["epoch"] == 3
