"""The sink: reads what intake and the jobs wrote, inserts it into ClickHouse, and says how far."""

import json
from typing import Any, Final

import structlog
from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka.admin import AdminClient
from redis import Redis, RedisError

from infra.clickhouse import state
from infra.kafka import client as kafka
from infra.redis import CHANGES as STREAM
from infra.service.metrics import SINK_BATCH, SINK_CUT, SINK_LAG
from operators.core.clock import monotonic_ms, system_clock
from pipelines.sink.batch import COUNTED, TOPICS, Batch
from pipelines.sink.cutover import Cutover
from pipelines.sink.cuts import Cut, Cuts
from pipelines.sink.last_noted import LastNoted
from pipelines.sink.writer import Writer
from schemas.topics import INPUT, SEMANTICS_OUTPUTS, TopicPartition, partitions_of

BATCH: Final = 100_000
POLL_S: Final = 0.1
TICK_MS: Final = 500
ARCHIVE_ROWS: Final = 30_000
"""The archive alone is not hurried: a small insert costs three times as much for each row."""
ARCHIVE_MS: Final = 1_500
"""Longer than a checkpoint usually takes to come, with counts that it is then written beside."""
REDIS_LENGTH: Final = 1_000
_SEMANTICS_OUTPUTS: Final = frozenset(topic.name for topic in SEMANTICS_OUTPUTS)

log = structlog.get_logger()


class Sink:
    """Reads every output topic from where ClickHouse says it is.

    The positions live in ClickHouse, beside the rows: an emptied ClickHouse is filled again from
    the start. They are committed to Kafka too, where tools look for lag.
    """

    def __init__(
        self,
        reader: Consumer,
        intake_group: Consumer,
        broker: AdminClient,
        clickhouse: Client,
        notifications: "Redis | None",
    ) -> None:
        self._reader = reader
        self._intake_group = intake_group
        self._broker = broker
        self._writer = Writer(clickhouse, system_clock)
        self._notifications = notifications
        self._cuts = Cuts()
        self._newest_ms: dict[TopicPartition, int] = {}
        self._cutover = Cutover(state.active_epoch(clickhouse))
        if cut := state.active_cut(clickhouse):  # as a former sink noted it
            self._cutover.cut(Cut(cut.epoch, cut.counted, {}, quiescent=False, as_of_ms=0))
        self._frozen_at: dict[TopicPartition, int] = {}
        # Whether reconciliation may be comparing; a former sink may have left a cut at rest.
        self._comparable = True
        self._batch = Batch()
        self._written_ms = 0
        self._reached: dict[TopicPartition, int] = {}
        self._ticked_ms = monotonic_ms()
        self._last_noted = LastNoted(monotonic_ms)
        self._kafka_answers = True
        self._positions = dict.fromkeys(partitions_of(TOPICS), 0) | state.positions(clickhouse)
        self._committed = dict(self._positions)
        for known in state.progress(clickhouse):
            self._cuts.progress(*known)
        self._assign(self._positions)

    def _assign(self, positions: dict[TopicPartition, int]) -> None:
        """Read from there on."""
        self._positions = dict(positions)
        kafka.assign(self._reader, positions)

    def step(self) -> float:
        """Read; write when it is time, and twice a second record how far everything is."""
        self._read()
        if monotonic_ms() - self._ticked_ms >= TICK_MS:
            self._kafka_answers = self.tick()
            self._ticked_ms = monotonic_ms()
        return 0.0

    def beat(self) -> dict[str, Any]:
        """Ready while Kafka answers."""
        return {"ready": self._kafka_answers}

    def close(self) -> None:
        """What is not written yet is read again after the next start."""

    def _read(self) -> None:
        self._collect(self._reader.consume(BATCH, POLL_S))
        votes = self._batch.archived
        archive_only = votes is not None and 0 < votes < ARCHIVE_ROWS
        if not archive_only or monotonic_ms() - self._written_ms >= ARCHIVE_MS:
            self._write()

    def _write(self) -> None:
        """Write what was collected, then note how far."""
        batch, reached = self._batch, self._reached
        self._batch, self._reached = Batch(), {}
        batch.min_epoch = self._cutover.min_epoch
        # While the old count is held, its rows are left out: until the cutover they are not done.
        noted = {at: to for at, to in reached.items() if at not in self._frozen_at}
        phases = batch.inserts()
        if any(phases):
            SINK_BATCH.observe(sum(insert.rows for phase in phases for insert in phase))
            votes = _about_votes(noted)
            if self._comparable:  # no longer: reconciliation must know before the rows are there
                self._writer.positions({"started": votes})
                self._comparable = not votes
            for phase in phases:
                self._writer.insert(phase)
        if reached:
            self._writer.positions({"done": noted}, newest_ms=self._newest_ms)
            self._positions |= reached
            for epoch in batch.retired_epochs():
                self._cuts.forget(epoch)
                self._cutover.forget(epoch)
            for line in batch.progress():
                record = json.loads(line)
                self._cuts.progress(
                    record["epoch"], record["partition"], record["offset"], record["origin_ms"]
                )
            self._notify(batch.consultations())
        self._written_ms = monotonic_ms()

    def tick(self) -> bool:
        """Record where the logs end and where intake is; take a cut if one is complete.

        Returns:
            Whether Kafka told; while it does not, there is nothing to note.
        """
        self._commit()
        try:
            # In this order: what intake had read before the ends were asked for lies before them.
            intake = {
                (topic.name, p): place
                for topic in INPUT.values()
                for p, place in kafka.committed(self._intake_group, topic).items()
                if place.offset >= 0
            }
            ends = kafka.ends(self._broker, partitions_of(TOPICS))
            input_ends = kafka.ends(self._broker, partitions_of(tuple(INPUT.values())))
        # protects: the sink waits for Kafka in its process
        except KafkaException as error:
            log.warning("kafka_unavailable", error=str(error))
            return False
        stages = {
            "log": ends | input_ends,
            "intake": {at: place.offset for at, place in intake.items()},
        }
        gaps = {at: int(place.metadata or 0) for at, place in intake.items()}
        self._record_lag(ends)
        cuts = self._cuts.step(_about_votes(self._positions), _about_votes(ends))
        if cuts:
            SINK_CUT.set(system_clock() / 1000)
        cuts = [cut for cut in cuts if self._cutover.cut(cut)]
        # protects: what has not changed is not noted
        if self._last_noted.differs_from((stages, gaps, cuts, self._comparable)):
            self._writer.positions(stages, offset_gaps=gaps)
            for cut in cuts:
                self._writer.cut(cut)
                self._comparable |= cut.quiescent
        self._show(ends)
        if self._cutover.forget_former(monotonic_ms()):
            self._writer.forget_before(self._cutover.active)
        return True

    def _record_lag(self, ends: dict[TopicPartition, int]) -> None:
        for topic in TOPICS:
            places = partitions_of((topic,))
            lag = sum(ends[place] - self._positions[place] for place in places)
            SINK_LAG.labels(topic.name).set(max(0, lag))

    def _collect(self, messages: list[Message]) -> None:
        """Add messages to the batch, and note which positions it reaches."""
        reached = self._reached
        newest: dict[TopicPartition, Message] = {}
        add = self._batch.add
        for message in messages:
            place = (message.topic(), message.partition())
            error = message.error()
            if error is None:
                offset = message.offset()
                add(place[0], offset, message.key(), message.value())
                reached[place] = offset + 1
                newest[place] = message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                if message.offset() > max(self._positions[place], reached.get(place, 0)):
                    reached[place] = message.offset()
            else:
                raise KafkaException(error)
        self._newest_ms |= {place: message.timestamp()[1] for place, message in newest.items()}

    def _show(self, ends: dict[TopicPartition, int]) -> None:
        """Show a newer count once it counts everything that the one shown does."""
        if self._cutover.step(ends, monotonic_ms()):
            self._writer.activate(self._cutover.active)
            done = {at: self._positions[at] for at in self._frozen_at}
            self._writer.positions({"done": done}, newest_ms=self._newest_ms)
            self._frozen_at = {}
            self._comparable = True
        elif self._cutover.frozen and not self._frozen_at:
            self._frozen_at = {at: to for at, to in self._positions.items() if at[0] in COUNTED}
        elif self._frozen_at and not self._cutover.frozen:
            self._assign(self._positions | self._frozen_at)
            self._frozen_at = {}

    def _commit(self) -> None:
        written = self._positions | self._frozen_at
        moved = {at: to for at, to in written.items() if to != self._committed.get(at)}
        if moved:
            kafka.commit_later(self._reader, moved)
            self._committed |= moved

    def _notify(self, consultations: set[str]) -> None:
        """Notify live pages of what changed. Nobody's number depends on it."""
        if self._notifications is None or not consultations:
            return
        try:
            for consultation in consultations:
                self._notifications.xadd(
                    STREAM,
                    {"consultation_id": consultation},
                    maxlen=REDIS_LENGTH,
                    approximate=True,
                )
        # protects: a Redis that fails is nobody's concern
        except RedisError as error:
            log.warning("redis_unavailable", error=type(error).__name__)


def _about_votes(places: dict[TopicPartition, int]) -> dict[TopicPartition, int]:
    """Without what the semantics job writes: whether counts are equal does not wait for it."""
    return {place: at for place, at in places.items() if place[0] not in _SEMANTICS_OUTPUTS}
