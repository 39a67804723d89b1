"""What became of messages: accepted and rejected add up, whoever else sends meanwhile."""

from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.kafka import client as kafka
from pipelines.exchange import outcome
from pipelines.exchange.offsets import Offsets
from pipelines.exchange.outcome import NotReadError, Outcome, Rejected, RejectedRecord, Watch, count
from schemas.topics import DEAD_LETTERS, PROPOSALS, VOTES

REASONS = ("not_json", "empty", "bad_time")


def offsets(numbers: list[int]) -> Offsets:
    made = Offsets()
    for number in numbers:
        made.add(number)
    return made


@given(st.lists(st.integers(0, 60)), st.booleans())
def test_a_set_of_offsets_is_a_set_in_whatever_order_they_come(numbers, ordered) -> None:
    made = offsets(sorted(set(numbers)) if ordered else numbers)
    assert len(made) == len(set(numbers))
    assert made.last == max(numbers, default=-1)
    assert [number for number in range(62) if number in made] == sorted(set(numbers))


places = st.tuples(
    st.sampled_from([VOTES.name, PROPOSALS.name]), st.integers(0, 1), st.integers(0, 20)
)


@given(
    st.dictionaries(places, st.booleans(), max_size=40),
    st.dictionaries(places, st.sampled_from(REASONS), max_size=40),
    st.randoms(),
)
def test_accepted_and_rejected_are_those_of_this_sender_alone(messages, rejected, dice) -> None:
    """True: ours; a dead letter may be of somebody else's message, and may come twice."""
    ours = {place for place, own in messages.items() if own}
    sent: dict[tuple[str, int], Offsets] = {}
    for topic, partition, offset in sorted(ours):
        sent.setdefault((topic, partition), Offsets()).add(offset)
    letters = [RejectedRecord(*place, reason) for place, reason in rejected.items()] * 2
    dice.shuffle(letters)
    found = count(sent, letters)
    mine = {place: reason for place, reason in rejected.items() if place in ours}
    assert (found.accepted, found.rejected) == (len(ours) - len(mine), len(mine))
    assert {reason: seen.messages for reason, seen in found.reasons.items()} == {
        reason: list(mine.values()).count(reason) for reason in set(mine.values())
    }
    for reason, seen in found.reasons.items():
        topic, partition, offset = seen.first.split("/")
        assert mine[topic, int(partition), int(offset)] == reason


class FakeKafka:
    """A log of votes that intake reads step by step, and its dead letters."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = [0, 0, 0, 0]
        self.letters = [RejectedRecord(VOTES.name, 0, 3, "empty")]
        self.steps = iter(range(1_000))
        self.elapsed = 0.0
        monkeypatch.setattr(kafka, "admin", lambda _: None)
        monkeypatch.setattr(kafka, "consumer", lambda *_: SimpleNamespace(close=lambda: None))
        monkeypatch.setattr(kafka, "ends", lambda *_: {(DEAD_LETTERS.name, 0): len(self.letters)})
        monkeypatch.setattr(kafka, "committed", self.committed)
        monkeypatch.setattr(kafka, "read_range", self.read_range)
        monkeypatch.setattr(outcome.time, "sleep", self.sleep)
        monkeypatch.setattr(outcome.time, "monotonic", lambda: self.elapsed)

    def committed(self, _group: object, _topic: object) -> dict[int, object]:
        return {p: SimpleNamespace(offset=at or -1001) for p, at in enumerate(self.read)}

    def read_range(self, _settings: object, _topic: object, _partition: int, start: int, end: int):
        for letter in self.letters[start:end]:
            yield SimpleNamespace(value=lambda letter=letter: msgspec.json.encode(letter))

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds
        next(self.steps)
        self.step()

    def step(self) -> None:
        """What intake does meanwhile."""


def test_it_waits_for_intake_and_reads_the_dead_letters_that_came_since(monkeypatch) -> None:
    fake = FakeKafka(monkeypatch)
    watch = Watch(None)  # type: ignore[arg-type]

    def step() -> None:
        fake.read[1] += 1
        if fake.read[1] == 6:
            fake.letters.append(RejectedRecord(VOTES.name, 1, 4, "not_json"))
            fake.letters.append(RejectedRecord(VOTES.name, 1, 2, "not_json"))  # somebody else's

    fake.step = step  # type: ignore[method-assign]
    seen = watch.outcome({(VOTES.name, 1): offsets([3, 4, 5])}, 1.0)
    assert fake.read[1] == 6
    assert seen == Outcome(2, 1, {"not_json": Rejected(1, f"{VOTES.name}/1/4")})


def test_it_waits_as_long_as_intake_reads_and_no_longer(monkeypatch) -> None:
    fake = FakeKafka(monkeypatch)

    def step() -> None:
        fake.read[2] = min(50, int(fake.elapsed))

    fake.step = step  # type: ignore[method-assign]
    with pytest.raises(NotReadError, match="read nothing for 5 s"):
        Watch(None).outcome({(VOTES.name, 2): offsets([60])}, 5.0)  # type: ignore[arg-type]
    assert 54 < fake.elapsed < 57
