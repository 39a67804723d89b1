"""What became of messages that were sent: accepted, or rejected and why.

Delivery reports say where each message lies. Intake commits how far it has read only after the dead
letters of what it has read are in their topic. So behind its commit the dead letters name every
rejected message by its coordinates, and the others are accepted.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from confluent_kafka import Consumer, KafkaException

from infra.config.settings import Settings
from infra.kafka import client as kafka
from operators.core.errors import TransientError
from pipelines.exchange.offsets import Offsets
from schemas.topics import DEAD_LETTERS, INPUT, TopicPartition, partitions_of

POLL_S: Final = 0.1


class RejectedRecord(msgspec.Struct, frozen=True):
    """What is read of a dead letter."""

    topic: str
    partition: int
    offset: int
    reason: str

    @property
    def place(self) -> str:
        """As ``tutti dlq show`` takes it."""
        return f"{self.topic}/{self.partition}/{self.offset}"


_letter: Final = msgspec.json.Decoder(RejectedRecord)


@dataclass(slots=True)
class Rejected:
    """The messages that were rejected for one reason: how many, and the first of them."""

    messages: int
    first: str


@dataclass(slots=True)
class Outcome:
    """What became of messages.

    Attributes:
        accepted: How many were accepted.
        rejected: How many were rejected.
        reasons: Why -> how many, and the first of them.
    """

    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, Rejected] = field(default_factory=dict)


class NotReadError(TransientError):
    """Intake has not read what was sent."""


class Watch:
    """Made before sending: it knows where the dead letters of these messages begin.

    Raises:
        TransientError: Kafka does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._broker = kafka.admin(settings)
        self._starts = self._ends()

    def outcome(self, sent: dict[TopicPartition, Offsets], patience_s: float) -> Outcome:
        """Wait until intake has read all of it, and tell what became of it.

        Args:
            sent: Where the messages lie.
            patience_s: The longest time in which intake may make no progress.

        Raises:
            NotReadError: It made none.
            TransientError: Kafka does not answer.
        """
        group = kafka.consumer(self._settings, kafka.INTAKE_GROUP)
        try:
            self._await_intake(group, sent, patience_s)
            return count(sent, self._letters())
        except KafkaException as error:
            raise TransientError("Kafka does not answer: see tutti status.") from error
        finally:
            group.close()

    def _await_intake(
        self, group: Consumer, sent: dict[TopicPartition, Offsets], patience_s: float
    ) -> None:
        topics = [topic for topic in INPUT.values() if any(topic.name == t for t, _ in sent)]
        former, moved = -1, time.monotonic()
        while True:
            read = {
                (topic.name, partition): place.offset
                for topic in topics
                for partition, place in kafka.committed(group, topic).items()
            }
            if all(read[place] > offsets.last for place, offsets in sent.items()):
                return
            total = sum(max(0, offset) for offset in read.values())
            if total != former:
                former, moved = total, time.monotonic()
            elif time.monotonic() - moved > patience_s:
                raise NotReadError(
                    f"Intake has read nothing for {patience_s:g} s, so what became of the messages"
                    " is not known yet: see tutti status, and later tutti dlq stats."
                )
            time.sleep(POLL_S)

    def _letters(self) -> Iterable[RejectedRecord]:
        for (_, partition), end in self._ends().items():
            start = self._starts[DEAD_LETTERS.name, partition]
            if end > start:
                for message in kafka.read_range(
                    self._settings, DEAD_LETTERS, partition, start, end
                ):
                    yield _letter.decode(message.value())

    def _ends(self) -> dict[TopicPartition, int]:
        try:
            return kafka.ends(self._broker, partitions_of((DEAD_LETTERS,)))
        except KafkaException as error:
            raise TransientError("Kafka does not answer: see tutti status.") from error


def count(sent: dict[TopicPartition, Offsets], letters: Iterable[RejectedRecord]) -> Outcome:
    """What became of messages that intake has read.

    Args:
        sent: Where the messages lie.
        letters: Dead letters of these and others; after a crash of intake one may come twice.
    """
    found = Outcome(accepted=sum(map(len, sent.values())))
    seen: set[str] = set()
    for letter in letters:
        ours = sent.get((letter.topic, letter.partition))
        if ours is None or letter.offset not in ours or letter.place in seen:
            continue
        seen.add(letter.place)
        found.accepted -= 1
        found.rejected += 1
        rejected = found.reasons.setdefault(letter.reason, Rejected(0, letter.place))
        rejected.messages += 1
    return found
