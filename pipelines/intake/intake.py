"""Intake: validate, pseudonymise, pass on; exactly one record out for each message in.

A stateless consumer group: more processes share the partitions. Offsets are committed after the
broker has acknowledged what was produced, so a crash repeats records with the same origin, which
counting ignores (`operators.core.votes.ballots`), and loses none.

Beside each offset it commits how many offsets of the partition held no message (markers and
aborted records of a sender's transactions): offsets read = accepted + rejected + gaps, exactly.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from infra.kafka import client as kafka
from infra.service.metrics import (
    INTAKE_ACCEPTED,
    INTAKE_BATCH,
    INTAKE_BYTES,
    INTAKE_COMMIT,
    INTAKE_LAG,
    INTAKE_MESSAGES,
    INTAKE_REJECTED,
)
from operators.core.clock import Clock, monotonic_ms
from operators.core.votes.acceptance import Accept, Acceptance
from operators.core.votes.ballots import Origin
from pipelines.intake.positions import Position
from pipelines.intake.rejection_alarm import RejectionAlarm
from pipelines.intake.signed_rates import SignedRates
from schemas.topics import INPUT

BATCH: Final = 10_000
POLL_S: Final = 0.02
COMMIT_MS: Final = 200
FLUSH_S: Final = 30.0


class Intake:
    """The consumer group's logic around `Acceptance`.

    `renewed` gives another one when the rules have changed, otherwise None; `rates` reads again
    what sources have signed before this process took their partitions.
    """

    def __init__(
        self,
        reader: Consumer,
        writer: Producer,
        acceptance: Acceptance,
        rates: SignedRates,
        renewed: Callable[[], Acceptance | None] = lambda: None,
        clock: Clock = monotonic_ms,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._rates = rates
        self._accept = self._limited(acceptance)
        self._renewed = renewed
        self._positions: dict[tuple[str, int], Position] = {}
        self._moved: set[tuple[str, int]] = set()
        self._clock = clock
        self._committed_ms = clock()
        self._alarm = RejectionAlarm()
        self.accepted = 0
        self.rejected = 0
        reader.subscribe(
            [topic.name for topic in INPUT.values()],
            on_assign=self._assigned,
            on_revoke=self._revoked,
        )

    def step(self) -> float:
        """Pass on one batch, and commit when it is time."""
        self.pass_on()
        if self._clock() - self._committed_ms >= COMMIT_MS:
            self.commit()
            self._committed_ms = self._clock()
        return 0.0

    def beat(self) -> dict[str, Any]:
        """How many messages were accepted and rejected; ready once the group gave partitions."""
        self._measure()
        self._alarm.check(self.accepted, self.rejected)
        return {
            "ready": bool(self._positions),
            "accepted": self.accepted,
            "rejected": self.rejected,
        }

    def close(self) -> None:
        """Commit what was passed on, and leave."""
        self.commit()
        self._reader.close()

    def pass_on(self) -> None:
        """Read one batch of messages and produce the record of each."""
        messages = self._reader.consume(BATCH, POLL_S)
        self._renew()
        produce = self._writer.produce
        accepted = end_marks = 0
        rejected: list[tuple[str, str]] = []
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
                end_marks += len(message)  # what the client says of the end
                continue
            offset = message.offset()
            record = self._accept[place[0]](
                message.value(),
                Origin(place[1], offset, message.timestamp()[1]),
                message.headers(),
            )
            if record.rejected:
                rejected.append((place[0], record.rejected))
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
        self.rejected += len(rejected)
        if accepted or rejected:
            INTAKE_MESSAGES.inc(accepted + len(rejected))
            INTAKE_ACCEPTED.inc(accepted)
            INTAKE_BYTES.inc(sum(map(len, messages)) - end_marks)
            INTAKE_BATCH.observe(accepted + len(rejected))
        for (topic, reason), count in Counter(rejected).items():
            INTAKE_REJECTED.labels(topic, reason).inc(count)

    def _renew(self) -> None:
        """After reading: what was read is bound by every rule that began before it came."""
        acceptance = self._renewed()
        if acceptance is not None:
            self._accept = self._limited(acceptance)

    def _limited(self, acceptance: Acceptance) -> dict[str, Accept]:
        return self._rates.limiting(acceptance.by_topic(), acceptance.rules.sources)

    def commit(self) -> None:
        """Wait until all is acknowledged, then commit the positions.

        Raises:
            KafkaException: The broker has not acknowledged in time, so nothing is committed.
        """
        if not self._moved:
            return
        with INTAKE_COMMIT.time():
            # protects: intake commits what the broker has acknowledged
            if self._writer.flush(FLUSH_S):
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

    def _measure(self) -> None:
        """Set the lag of each partition, as the broker's last answers told its end."""
        for (topic, partition), position in self._positions.items():
            _, end = self._reader.get_watermark_offsets(
                TopicPartition(topic, partition), cached=True
            )
            if end >= 0:
                INTAKE_LAG.labels(topic, partition).set(max(0, end - position.next_offset))

    def _assigned(self, reader: Consumer, given: list[TopicPartition]) -> None:
        self._rates.forget()
        for place in reader.committed(given, timeout=kafka.TIMEOUT_S):
            start, _ = reader.get_watermark_offsets(place, timeout=kafka.TIMEOUT_S)
            read = max(place.offset, 0)
            # What retention removed before it was read can be neither accepted nor rejected.
            offset = max(read, start)
            gaps = int(place.metadata or 0) + offset - read
            self._positions[place.topic, place.partition] = Position(offset, gaps)
        reader.assign(
            [
                TopicPartition(topic, partition, position.next_offset)
                for (topic, partition), position in self._positions.items()
            ]
        )

    def _revoked(self, _reader: Consumer, _taken: list[TopicPartition]) -> None:
        self.commit()
        self._positions.clear()
