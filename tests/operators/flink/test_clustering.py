"""The operator around the clusters: whatever dies in between, the outputs are the same.

A consultation's encoder may change at any time; what is shown in the end is what one that had it
from the beginning shows.
"""

import json

import numpy as np
import pytest

from operators.core.clusters.journal import MIN_ENTRIES
from operators.core.clusters.thresholds import Thresholds
from operators.flink.clustering import SLICE, ClusterProposals
from operators.flink.semantics import CONSULTATION, PROPOSAL

EPOCH = 3


class Value:
    """Flink's value state."""

    kept: bytes | None = None

    def value(self) -> bytes | None:
        return self.kept

    def update(self, data: bytes) -> None:
        self.kept = data


class Entries:
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
    """Of one consultation, as it outlives the process: its timers do, too."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.lists: dict[str, Entries] = {}
        self.timers: list[int] = []

    def get_state(self, descriptor) -> Value:
        return self.values.setdefault(descriptor.name, Value())

    def get_list_state(self, descriptor) -> Entries:
        return self.lists.setdefault(descriptor.name, Entries())

    # As the context of an element and of a timer.
    def timer_service(self) -> "State":
        return self

    def get_current_key(self) -> str:
        return "c"

    def current_processing_time(self) -> int:
        return 10

    def register_processing_time_timer(self, at_ms: int) -> None:
        self.timers.append(at_ms)


class Words:
    """An encoder for which one word of a text is what it is about; it reads no capitals."""

    dimension = 16

    def __init__(self, name: str, place: int) -> None:
        self.model, self._place = f"{name}/1", place
        self.asked: list[str] = []

    def reads(self, text: str) -> bool:
        return not text.isupper()

    def encode(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        seeds = [list(text.split()[self._place].encode()) for text in texts]
        return np.stack([np.random.default_rng(s).normal(size=16) for s in seeds]).astype("f4")


class Shelf:
    """Encoders by name; a consultation in English has the one that goes by the last word."""

    def __init__(self) -> None:
        self.known = {"many": Words("many", 0), "english": Words("english", -1)}
        self.loaded: list[str] = []
        self.sizes: list[int] = []

    def choose(self, languages: list[str], wanted: str) -> str:
        return wanted or ("english" if list(languages) == ["en"] else "many")

    def get(self, name: str) -> tuple[Words, Thresholds]:
        self.loaded.append(name)
        return self.known[name], Thresholds()

    def clustered(self, _consultation: str, size: object) -> None:
        self.sizes.append(size.proposals)


def arrivals(count: int) -> list[tuple]:
    status = ("accepted",) * 5 + ("refused",)
    return [
        (
            *(PROPOSAL, "c", f"p{n % 17}", f"word{n % 5} edition {n % 11}", "en", status[n % 6]),
            *("", "", 1_000 + n, n),
        )
        for n in range(count)
    ]


def consultation(languages: str, encoder: str = "") -> tuple:
    return (CONSULTATION, "c", "", "", "", "", languages, encoder, 1_000, 0)


def opened(state: State, encoders: Shelf) -> ClusterProposals:
    process = ClusterProposals(EPOCH, lambda: encoders)
    process.open(state)
    return process


def emitted(process: ClusterProposals, state: State, values: list[tuple]) -> list[tuple]:
    return [tuple(row) for value in values for row in process.process_element(value, state)]


def fired(process: ClusterProposals, state: State) -> list[tuple]:
    """What comes of all timers, also of those that they set."""
    found = []
    while state.timers:
        at_ms = state.timers.pop(0)
        found += [tuple(row) for row in process.on_timer(at_ms, state)]
    return found


def shown(records: list[tuple]) -> dict[str, dict]:
    """The latest records of the epoch that has come furthest, by key without the epoch."""
    latest = {(topic, key): json.loads(record) for topic, key, record in records}
    progress = [r for (topic, _), r in latest.items() if topic == "tutti.cluster-progress.v1"]
    epoch = max((r["offset"], r["epoch"]) for r in progress)[1]
    return {
        f"{topic} {[v for k, v in record.items() if k.endswith('_id') or k == 'number']}": {
            name: value for name, value in record.items() if name != "epoch"
        }
        for (topic, _), record in latest.items()
        if record["epoch"] == epoch
    }


@pytest.mark.parametrize("dies_after", [1, MIN_ENTRIES - 1, MIN_ENTRIES, MIN_ENTRIES + 7])
def test_a_process_that_dies_and_begins_anew_emits_what_one_that_lives_on_does(dies_after):
    values = arrivals(MIN_ENTRIES + 40)
    whole_state, state = State(), State()
    whole = emitted(opened(whole_state, Shelf()), whole_state, values)
    parts = emitted(opened(state, Shelf()), state, values[:dies_after])
    parts += emitted(opened(state, Shelf()), state, values[dies_after:])
    assert parts == whole


def test_a_snapshot_takes_the_place_of_the_journal():
    state = State()
    process = opened(state, Shelf())
    emitted(process, state, arrivals(MIN_ENTRIES - 1))
    assert state.values["snapshot"].kept is None
    assert len(state.lists["journal"].entries) == MIN_ENTRIES - 1
    emitted(process, state, arrivals(MIN_ENTRIES)[-1:])
    assert state.values["snapshot"].kept
    assert state.lists["journal"].entries == []


def test_only_new_texts_of_accepted_proposals_are_encoded():
    encoders, state = Shelf(), State()
    emitted(opened(state, encoders), state, arrivals(60))
    accepted = {value[3] for value in arrivals(60) if value[5] == "accepted"}
    assert set(encoders.known["many"].asked) <= accepted
    assert encoders.known["english"].asked == []
    assert len(encoders.sizes) == 60


def test_every_record_is_of_the_epoch_that_is_counted():
    state = State()
    for _topic, key, _record in emitted(opened(state, Shelf()), state, arrivals(10)):
        assert json.loads(key)["epoch"] == EPOCH


def test_a_consultation_that_is_known_first_has_its_encoder_from_the_beginning():
    encoders, state = Shelf(), State()
    process = opened(state, encoders)
    records = emitted(process, state, [consultation("fr"), consultation("en"), *arrivals(40)])
    assert state.timers == []
    assert set(encoders.loaded) == {"english"}
    models = {json.loads(record).get("model") for _, _, record in records}
    assert models == {"english/1"}
    assert {json.loads(record)["epoch"] for _, _, record in records} == {EPOCH}


@pytest.mark.parametrize("known_after", [1, 30, 3 * SLICE])
def test_one_that_is_known_later_shows_what_one_that_was_known_first_does(known_after):
    values = arrivals(4 * SLICE)
    first, state = State(), State()
    wanted = shown(emitted(opened(first, Shelf()), first, [consultation("en"), *values]))
    process = opened(state, Shelf())
    records = emitted(process, state, values[:known_after])
    records += emitted(process, state, [consultation("en"), *values[known_after:]])
    records += fired(process, state)
    assert shown(records) == wanted


def test_the_old_clusters_are_shown_whole_until_the_new_ones_are():
    values, state = arrivals(3 * SLICE), State()
    process = opened(state, Shelf())
    records = emitted(process, state, values)
    old = shown(records)
    records += emitted(process, state, [consultation("en")])
    while state.timers:
        assert shown(records) == old
        at_ms = state.timers.pop(0)
        records += [tuple(row) for row in process.on_timer(at_ms, state)]
    assert {record["model"] for record in shown(records).values()} == {"english/1"}
    assert {json.loads(record)["epoch"] for _, _, record in records} == {EPOCH, EPOCH + 1}


@pytest.mark.parametrize("slices", [0, 1, 2])
def test_a_kill_while_clusters_are_made_anew_changes_none_of_them(slices):
    values = arrivals(4 * SLICE)
    first, state = State(), State()
    wanted = shown(emitted(opened(first, Shelf()), first, [consultation("en"), *values]))
    process = opened(state, Shelf())
    records = emitted(process, state, [*values[:-3], consultation("en")])
    for _ in range(slices):
        at_ms = state.timers.pop(0)
        records += [tuple(row) for row in process.on_timer(at_ms, state)]
    process = opened(state, Shelf())
    records += emitted(process, state, values[-3:])
    records += fired(process, state)
    assert shown(records) == wanted
    process = opened(state, Shelf())  # what is shown now is in the state
    more = arrivals(4 * SLICE + 9)[-9:]
    assert shown(records + emitted(process, state, more)) == shown(
        emitted(opened(clean := State(), Shelf()), clean, [consultation("en"), *values, *more])
    )


def test_an_encoder_that_is_given_up_halfway_leaves_the_last_word_to_the_last_one():
    values = arrivals(4 * SLICE)
    first, state = State(), State()
    wanted = shown(emitted(opened(first, Shelf()), first, values))
    process = opened(state, Shelf())
    records = emitted(process, state, [*values, consultation("en"), consultation("", "many")])
    records += fired(process, state)
    assert shown(records) == wanted
    assert max(json.loads(key)["epoch"] for _, key, _ in records) == EPOCH + 2


def test_unreadable_texts_stand_in_a_cluster_named_so_and_have_no_vector():
    state, encoders = State(), Shelf()
    value = arrivals(1)[0]
    texts = ["trees now", "AAA", "BBB"]
    values = [(*value[:2], f"p{n}", text, *value[4:-1], n) for n, text in enumerate(texts)]
    records = shown(emitted(opened(state, encoders), state, values))
    kinds = {
        r["cluster_id"]: (r["kind"], r["size"])
        for r in records.values()
        if "kind" in r and "terms" in r
    }
    assert sorted(kinds.values()) == [("topic", 1), ("unreadable", 2)]
    assert encoders.known["many"].asked == ["trees now"]
    assert len([name for name in records if "vectors" in name]) == 1
