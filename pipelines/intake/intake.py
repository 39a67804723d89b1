"""Intake: validate, pseudonymise, pass on; exactly one record out for each message in.

A stateless consumer group: more processes share the partitions. Offsets are committed after the
broker has acknowledged what was produced, so a crash repeats records with the same origin, which
counting ignores (`operators.core.votes.ballots`), and loses none.

Beside each offset it commits how many offsets of the partition held no message (markers and
aborted records of a sender's transactions): offsets read = accepted + rejected + gaps, exactly.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from infra.config.secrets import pseudonym_key
from infra.config.settings import Settings
from infra.config.trust import trust_rules
from infra.kafka import client as kafka
from infra.service.gc_tuning import tune_gc
from infra.service.heartbeat import Heartbeat
from infra.service.logs import configure_logging
from infra.service.metrics import (
    INTAKE,
    INTAKE_ACCEPTED,
    INTAKE_BATCH,
    INTAKE_BYTES,
    INTAKE_COMMIT,
    INTAKE_LAG,
    INTAKE_MESSAGES,
    INTAKE_REJECTED,
)
from infra.service.shutdown import stop_requested
from operators.core.clock import monotonic_ms
from operators.core.votes.acceptance import Acceptance, Record
from operators.core.votes.ballots import Origin
from operators.core.votes.pseudonyms import pseudonymiser
from schemas.topics import DEAD_LETTERS, INPUT

BATCH: Final = 10_000
POLL_S: Final = 0.02
COMMIT_MS: Final = 200
ALARM_RATIO: Final = 0.5
"""A second in which more than half of at least ALARM_MESSAGES are refused is logged as alarm."""
ALARM_MESSAGES: Final = 1_000

log = structlog.get_logger()


class _RejectionCount(msgspec.Struct, frozen=True):
    """What is counted of a dead letter."""

    topic: str
    reason: str


_refused: Final = msgspec.json.Decoder(_RejectionCount)


class Position:
    """How far one partition is read, and how many of its offsets held no message."""

    __slots__ = ("next_offset", "offset_gaps")

    def __init__(self, next_offset: int, offset_gaps: int) -> None:
        self.next_offset = next_offset
        self.offset_gaps = offset_gaps

    def advance(self, offset: int) -> None:
        """Record a message at `offset`."""
        # protects: offsets without a message, before one, are counted as gaps
        self.offset_gaps += offset - self.next_offset
        self.next_offset = offset + 1

    def end(self, offset: int) -> None:
        """Record the partition's end at `offset`."""
        # protects: offsets without a message, at a partition's end, are counted as gaps
        self.offset_gaps += offset - self.next_offset
        self.next_offset = offset


class Intake:
    """The consumer group's logic around `Acceptance`."""

    def __init__(self, reader: Consumer, writer: Producer, acceptance: Acceptance) -> None:
        self._reader = reader
        self._writer = writer
        self._accept: dict[str, Callable[[bytes | None, Origin], Record]] = acceptance.by_topic()
        self._votes = acceptance.accept_vote
        self._positions: dict[tuple[str, int], Position] = {}
        self._moved: set[tuple[str, int]] = set()
        self.accepted = 0
        self.refused = 0
        reader.subscribe(
            [topic.name for topic in INPUT.values()],
            on_assign=self._assigned,
            on_revoke=self._revoked,
        )

    @property
    def assigned(self) -> bool:
        """Whether the group has given this process partitions."""
        return bool(self._positions)

    def step(self) -> None:
        """Pass on one batch."""
        messages = self._reader.consume(BATCH, POLL_S)
        produce = self._writer.produce
        accepted = told = 0
        letters: list[bytes] = []
        for message in messages:
            place = (message.topic(), message.partition())
            position = self._positions.get(place)
            if position is None:  # of a partition that has just been taken away
                continue
            self._moved.add(place)
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                    raise KafkaException(error)
                position.end(message.offset())
                told += len(message)  # what the client says of the end
                continue
            offset = message.offset()
            record = self._accept[place[0]](
                message.value(), Origin(place[1], offset, message.timestamp()[1])
            )
            if record.topic == DEAD_LETTERS.name:
                letters.append(record.value)
            else:
                accepted += 1
            while True:
                try:
                    produce(record.topic, record.value, record.key)
                    break
                except BufferError:  # the broker is slower than we are: wait for it
                    self._writer.poll(0.05)
            position.advance(offset)
        self._writer.poll(0)
        self.accepted += accepted
        self.refused += len(letters)
        if accepted or letters:
            INTAKE_MESSAGES.inc(accepted + len(letters))
            INTAKE_ACCEPTED.inc(accepted)
            INTAKE_BYTES.inc(sum(map(len, messages)) - told)
            INTAKE_BATCH.observe(accepted + len(letters))
        for letter, count in Counter(map(_refused.decode, letters)).items():
            INTAKE_REJECTED.labels(letter.topic, letter.reason).inc(count)

    def measure(self) -> None:
        """Record how far behind the log's end each partition is, as the last answers told."""
        for (topic, partition), position in self._positions.items():
            _, end = self._reader.get_watermark_offsets(
                TopicPartition(topic, partition), cached=True
            )
            if end >= 0:
                INTAKE_LAG.labels(topic, partition).set(max(0, end - position.next_offset))

    def commit(self) -> None:
        """Wait until all is acknowledged, then commit the positions."""
        if not self._moved:
            return
        with INTAKE_COMMIT.time():
            # protects: intake commits what the broker has acknowledged
            if self._writer.flush(30.0):
                raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))  # noqa: SLF001
            self._reader.commit(
                offsets=[
                    TopicPartition(
                        topic, partition, position.next_offset, str(position.offset_gaps)
                    )
                    for topic, partition in self._moved
                    if (position := self._positions.get((topic, partition)))
                ],
                asynchronous=False,
            )
        self._moved.clear()

    def _assigned(self, reader: Consumer, given: list[TopicPartition]) -> None:
        for place in reader.committed(given, timeout=kafka.TIMEOUT_S):
            start, _ = reader.get_watermark_offsets(place, timeout=kafka.TIMEOUT_S)
            read = max(place.offset, 0)
            # What retention removed before it was read can be neither accepted nor refused.
            offset = max(read, start)
            offset_gaps = int(place.metadata or 0) + offset - read
            self._positions[place.topic, place.partition] = Position(offset, offset_gaps)
        reader.assign(
            [
                TopicPartition(topic, partition, position.next_offset)
                for (topic, partition), position in self._positions.items()
            ]
        )

    def _revoked(self, _reader: Consumer, _taken: list[TopicPartition]) -> None:
        self.commit()
        self._positions.clear()


def _failed(error: KafkaError, _message: Any) -> None:
    """Called for failures only: nothing is committed, after the restart the batch is read again."""
    raise KafkaException(error)


class RejectionAlarm:
    """Says once a second that most messages are refused: a bad deployment, not bad users."""

    def __init__(self) -> None:
        self._accepted = self._refused = 0

    def check(self, accepted: int, refused: int) -> None:
        """Compare the running counts with those of the last call."""
        new_accepted, new_rejected = accepted - self._accepted, refused - self._refused
        self._accepted, self._refused = accepted, refused
        total = new_accepted + new_rejected
        if total >= ALARM_MESSAGES and new_rejected > ALARM_RATIO * total:
            log.error("most_messages_refused", refused=new_rejected, messages=total)


def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    configure_logging("intake")
    stop = stop_requested()
    acceptance = Acceptance(pseudonymiser(pseudonym_key(settings)), trust_rules(settings))
    # A member with a name takes its partitions back at once after it was killed.
    name = {"group.instance.id": f"intake-{settings.instance}"}
    # protects: intake reads committed messages only
    reader = kafka.consumer(settings, kafka.INTAKE_GROUP, **name)
    errors_only = {"delivery.report.only.error": True, "on_delivery": _failed}
    intake = Intake(reader, kafka.producer(settings, **errors_only), acceptance)
    alarm = RejectionAlarm()
    heartbeat = Heartbeat(settings, "intake", metrics=INTAKE)
    committed_ms = monotonic_ms()
    log.info("intake_started", pid=os.getpid())
    tune_gc()
    while not stop.is_set():
        intake.step()
        now = monotonic_ms()
        if now - committed_ms >= COMMIT_MS:
            intake.commit()
            committed_ms = now
            if heartbeat.due():
                intake.measure()
                alarm.check(intake.accepted, intake.refused)
                heartbeat.beat(
                    ready=intake.assigned, accepted=intake.accepted, refused=intake.refused
                )
    intake.commit()
    reader.close()
    log.info("intake_stopped", accepted=intake.accepted, refused=intake.refused)


if __name__ == "__main__":
    main()
