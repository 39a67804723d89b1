"""Retiring an epoch: its output leaves the topics, so that nobody ever shows it again.

Its state and its rows in ClickHouse go too: the folder here, the rows by the sink. First its
progress is taken back and the sink is waited for, because a sink that knows of progress might
still show the epoch while its cells are on their way out.
"""

import json
import shutil
from collections.abc import Iterable, Iterator

import structlog
from clickhouse_connect.driver.client import Client
from confluent_kafka import Message

from infra.clickhouse.client import connect
from infra.clickhouse.state import Offsets, active_epoch, all_written
from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.local.epochs import RebuildRecord, epoch_folder, update_rebuild_record
from infra.service.waiting import wait_until
from pipelines.votes.restore_policy import EpochOutputs
from schemas.topics import PROGRESS, TALLIES, WINDOWS, Topic

PATIENCE_S = 30.0

log = structlog.get_logger()


def read_outputs(settings: Settings) -> EpochOutputs:
    """The epochs that the topic of progress knows."""
    newest: dict[bytes, bool] = {}
    for message in _messages(settings, PROGRESS):
        newest[message.key()] = message.value() is not None
    return EpochOutputs(
        live=frozenset(_epoch(key) for key, alive in newest.items() if alive),
        ever=frozenset(_epoch(key) for key in newest),
    )


def retire(settings: Settings, epoch: int) -> bool:
    """Take an epoch's output out of the topics and remove its state.

    Its job must have ended, its transactions too. Safe to repeat.

    Returns:
        Whether it is done; not while people see the epoch or the sink is away.
    """
    with connect(settings) as clickhouse:
        if active_epoch(clickhouse) == epoch:
            return False
        ends = _tombstones(settings, epoch, (PROGRESS,))
        if not _sink_passed(clickhouse, ends) or active_epoch(clickhouse) == epoch:
            return False
    _tombstones(settings, epoch, (TALLIES, WINDOWS))
    shutil.rmtree(epoch_folder(settings, epoch), ignore_errors=True)
    update_rebuild_record(settings, lambda note: RebuildRecord.forget(note, epoch))
    log.info("epoch_retired", epoch=epoch)
    return True


def _tombstones(settings: Settings, epoch: int, topics: Iterable[Topic]) -> Offsets:
    """Write a tombstone for each cell; returns where the topics end then."""
    producer = kafka.producer(settings)
    failed: list[object] = []

    def retire_cell(topic: Topic, partition: int, key: bytes) -> None:
        producer.produce(
            topic.name,
            None,
            key,
            partition=partition,
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )

    for topic in topics:
        for partition in range(topic.partitions):  # one at a time: cells may be many millions
            for key in _living(settings, epoch, topic, partition):
                try:
                    retire_cell(topic, partition, key)
                except BufferError:
                    producer.flush()
                    retire_cell(topic, partition, key)
                producer.poll(0)
    if producer.flush(kafka.TIMEOUT_S * 6) or failed:
        raise OSError(f"the broker did not take the tombstones of epoch {epoch}")
    places = [(topic.name, p) for topic in topics for p in range(topic.partitions)]
    return kafka.ends(kafka.admin(settings), places)


def _living(settings: Settings, epoch: int, topic: Topic, partition: int) -> set[bytes]:
    """The keys of an epoch in a partition whose newest record is no tombstone."""
    living: set[bytes] = set()
    for message in _messages(settings, topic, [partition]):
        if _epoch(message.key()) == epoch:
            (living.discard if message.value() is None else living.add)(message.key())
    return living


def _sink_passed(clickhouse: Client, ends: Offsets) -> bool:
    return wait_until(lambda: all_written(clickhouse, ends), PATIENCE_S, every_s=0.2)


def _messages(
    settings: Settings, topic: Topic, partitions: Iterable[int] | None = None
) -> Iterator[Message]:
    """All there is, uncommitted records too: an abandoned transaction must not hide anything."""
    reader = kafka.consumer(
        settings, "tutti-votes-epochs", **{"isolation.level": "read_uncommitted"}
    )
    try:
        yield from kafka.read_to_end(reader, topic, partitions=partitions)
    finally:
        reader.close()


def _epoch(key: bytes) -> int:
    return int(json.loads(key)["epoch"])
