"""Nothing is committed that the broker has not acknowledged: a crash then repeats, never loses."""

import pytest
from confluent_kafka import KafkaException, TopicPartition
from orjson import loads

from operators.core.votes.acceptance import Acceptance
from pipelines.intake.intake import Intake
from pipelines.intake.signed_rates import SignedRates
from schemas.dated_rules import DatedRules
from schemas.sources import parse_sources

PLACE = ("tutti.votes.v1", 0)
UNLIMITED = SignedRates(lambda *_: ())


class Message:
    def topic(self):
        return PLACE[0]

    def partition(self):
        return PLACE[1]

    def offset(self):
        return 0

    def error(self):
        return None

    def value(self):
        return b"nonsense, which is passed on too"

    def headers(self):
        return None

    def __len__(self):
        return len(self.value())

    def timestamp(self):
        return (1, 1_777_680_000_000)


class Broker:
    """Reader and writer in one; keeps what was asked of it, in order."""

    def __init__(self, unacknowledged: int) -> None:
        self.asked: list[str] = []
        self.unacknowledged = unacknowledged

    def subscribe(self, _topics, on_assign, **_more):
        on_assign(self, [TopicPartition(*PLACE)])

    def committed(self, places, **_more):
        return places

    def get_watermark_offsets(self, _place, **_more):
        return 0, 1

    def assign(self, _partitions):
        pass

    def consume(self, _count, _seconds):
        return [Message()]

    def produce(self, *_record):
        self.asked.append("produce")

    def poll(self, _seconds):
        pass

    def flush(self, _seconds):
        self.asked.append("flush")
        return self.unacknowledged

    def commit(self, offsets, **_more):
        self.asked.append(f"commit {offsets[0].offset}")


def passed_on(unacknowledged: int) -> tuple[Broker, Intake]:
    broker = Broker(unacknowledged)
    intake = Intake(broker, broker, Acceptance(lambda _consultation, person: person), UNLIMITED)
    intake.pass_on()
    return broker, intake


def test_it_commits_after_the_broker_has_acknowledged():
    broker, intake = passed_on(unacknowledged=0)
    intake.commit()
    assert broker.asked == ["produce", "flush", "commit 1"]


def test_it_commits_nothing_while_something_is_not_acknowledged():
    broker, intake = passed_on(unacknowledged=1)
    with pytest.raises(KafkaException):
        intake.commit()
    assert broker.asked == ["produce", "flush"]


def test_rules_that_changed_bind_what_is_read_next():
    """A message that is bound by a new rule has been read after the rule was written."""
    broker = Broker(0)
    rejecting = parse_sources("[[policy]]\nfrom = 2020-01-01T00:00:00Z\nmessages = 'signed'\n")

    def pseudonymise(_consultation: str, person: str) -> str:
        return person

    strict = Acceptance(pseudonymise, DatedRules(sources=rejecting))
    renewals = iter([None, strict, None])
    reasons = []
    broker.produce = lambda _topic, value, _key: reasons.append(loads(value)["reason"])
    intake = Intake(broker, broker, Acceptance(pseudonymise), UNLIMITED, lambda: next(renewals))
    for _ in range(3):
        intake.pass_on()
    assert reasons == ["not_json", "bad_signature", "bad_signature"]
