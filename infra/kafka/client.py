"""How tutti talks to Kafka: client settings, and reading to the true end of a partition."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from infra.config.settings import Settings
from infra.kafka.security import librdkafka
from operators.core.errors import TerminalError, TransientError
from schemas.topics import TOPICS, Topic, partitions_of
from schemas.topics import TopicPartition as Coordinates

INTAKE_GROUP: Final = "tutti-intake"
SINK_GROUP: Final = "tutti-sink"
TIMEOUT_S: Final = 10.0
MAX_MESSAGE_BYTES: Final = 1_048_588
"""What Kafka takes unless told otherwise, overhead included; clients stop a little earlier."""


def client(settings: Settings) -> dict[str, Any]:
    """Settings every client shares."""
    return {
        **librdkafka(settings),
        "bootstrap.servers": settings.brokers,
        # The supervisor reports a broker that is unavailable; twenty lines a second would not help.
        "log_level": 2,
        "reconnect.backoff.max.ms": 1_000,
    }


def producer(settings: Settings, **more: Any) -> Producer:
    """A producer that neither loses nor repeats within its life.

    `murmur2_random` puts a key on the partition where Java's producers put it, so that a
    participant's votes stay in one order whoever sends them.
    """
    return Producer(
        client(settings)
        | {
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 50,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "batch.size": 262_144,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 131_072,
        }
        | more
    )


def consumer(settings: Settings, group: str, **more: Any) -> Consumer:
    """A consumer that sees committed records only and commits when told.

    It reports the end of a partition: behind the last record may stand markers of transactions,
    and only that report tells the position after them.
    """
    return Consumer(
        client(settings)
        | {
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            # Few large answers instead of one per handful of records.
            "fetch.min.bytes": 1_048_576,
            "fetch.wait.max.ms": 50,
            "queued.max.messages.kbytes": 65_536,
        }
        | more
    )


def admin(settings: Settings) -> AdminClient:
    """The administration client."""
    return AdminClient(client(settings))


class KafkaUnavailableError(TransientError):
    """Kafka does not answer."""

    def __init__(self) -> None:
        super().__init__("Kafka does not answer: see tutti status, or run tutti up.")


class KafkaAuthenticationError(TerminalError):
    """Kafka and we do not trust each other."""


def topics(settings: Settings, timeout_s: float = TIMEOUT_S) -> set[str]:
    """The names of the topics that are there: the question that shows whether Kafka answers.

    Raises:
        KafkaUnavailableError: It does not answer.
        KafkaAuthenticationError: It does not take our user and password, or we not its certificate.
    """
    faults: dict[int, str] = {}

    def remember(fault: KafkaError) -> None:
        faults[fault.code()] = fault.str()

    kafka = AdminClient(client(settings) | {"error_cb": remember})
    try:
        return set(kafka.list_topics(timeout=timeout_s).topics)
    except KafkaException:
        kafka.poll(0)  # what went wrong before is reported now
    if KafkaError._AUTHENTICATION in faults:  # noqa: SLF001 - its public name
        raise KafkaAuthenticationError(
            f"Kafka at {settings.brokers} does not take the password of {settings.kafka_user}:"
            " is it that of TUTTI_KAFKA_PASSWORD_FILE, and the mechanism the right one?"
        ) from None
    if KafkaError._SSL in faults:  # noqa: SLF001 - its public name
        raise KafkaAuthenticationError(
            f"Kafka at {settings.brokers} and we do not trust each other's certificates:"
            f" is TUTTI_KAFKA_CA_FILE its authority? ({_reason(faults[KafkaError._SSL])})"  # noqa: SLF001
        ) from None
    raise KafkaUnavailableError from None


def _reason(text: str) -> str:
    """The part of librdkafka's sentence that tells people something."""
    return text.partition(": ")[2].partition(" (after")[0].partition(": (")[0] or text


def create_topics(settings: Settings) -> None:
    """Create the topics that are not there yet."""
    present = topics(settings)
    missing = [topic for topic in TOPICS.values() if topic.name not in present]
    if not missing:
        return
    kafka = admin(settings)
    # How many copies is the cluster's decision: one on one machine, usually three elsewhere.
    wanted = [NewTopic(t.name, t.partitions, config=t.config) for t in missing]
    for made in kafka.create_topics(wanted).values():
        answer(made)


def assign(reader: Consumer, positions: dict[Coordinates, int]) -> None:
    """Read these partitions, each from its offset on."""
    reader.assign([TopicPartition(topic, p, at) for (topic, p), at in positions.items()])


def commit_later(reader: Consumer, positions: dict[Coordinates, int]) -> None:
    """Commit offsets without waiting for the broker's answer."""
    offsets = [TopicPartition(topic, p, at) for (topic, p), at in positions.items()]
    reader.commit(offsets=offsets, asynchronous=True)


def ends(broker: AdminClient, partitions: Iterable[Coordinates]) -> dict[Coordinates, int]:
    """Where partitions end, uncommitted records and markers included.

    Raises:
        KafkaException: Kafka does not tell, or not in time.
    """
    asked = {
        TopicPartition(topic, partition): OffsetSpec.latest() for topic, partition in partitions
    }
    try:
        return _ends(broker, asked)
    except KafkaException:
        # After a change of leaders librdkafka repeats the old one's epoch until metadata is read.
        # protects: the sink learns of new leaders
        broker.list_topics(timeout=TIMEOUT_S)
        return _ends(broker, asked)


def _ends(broker: AdminClient, asked: dict[TopicPartition, OffsetSpec]) -> dict[Coordinates, int]:
    return {
        (found.topic, found.partition): answer(future).offset
        for found, future in broker.list_offsets(asked, request_timeout=TIMEOUT_S).items()
    }


def answer(asked: Future[Any]) -> Any:
    """What a broker answers; one that does not is one kind of error, however the client says so."""
    try:
        return asked.result(timeout=TIMEOUT_S)
    except (TimeoutError, RuntimeError) as error:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, str(error))) from error  # noqa: SLF001


def watermarks(reader: Consumer, topic: Topic) -> dict[int, tuple[int, int]]:
    """First offset and end offset of each partition, uncommitted records included."""
    return {
        p: reader.get_watermark_offsets(TopicPartition(topic.name, p), timeout=TIMEOUT_S)
        for p in range(topic.partitions)
    }


def committed(reader: Consumer, topic: Topic) -> dict[int, TopicPartition]:
    """What the reader's group has committed, per partition; negative offsets mean nothing yet."""
    wanted = [TopicPartition(*partition) for partition in partitions_of([topic])]
    found = reader.committed(wanted, timeout=TIMEOUT_S)
    for each in found:
        if each.error:
            raise KafkaException(each.error)
    return {each.partition: each for each in found}


def read_to_end(
    reader: Consumer, topic: Topic, batch: int = 10_000, partitions: Iterable[int] | None = None
) -> Iterator[Message]:
    """All committed messages of a topic, or of some partitions, up to the ends found on the way."""
    open_partitions = set(range(topic.partitions) if partitions is None else partitions)
    reader.assign([TopicPartition(topic.name, p, 0) for p in open_partitions])
    while open_partitions:
        for message in reader.consume(batch, 1.0):
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                open_partitions.discard(message.partition())
            else:
                raise KafkaException(error)


def read_since(
    settings: Settings, topic: Topic, partition: int, since_ms: int, end: int
) -> Iterator[Message]:
    """The committed messages of a partition before `end`, from the first one of that time on.

    Args:
        settings: Where Kafka is.
        topic: Whose times are the broker's.
        partition: Of the topic.
        since_ms: Milliseconds since 1970.
        end: An offset, itself excluded.
    """
    place = TopicPartition(topic.name, partition)
    broker = admin(settings)  # kept: without it there is no answer
    asked = broker.list_offsets(
        {place: OffsetSpec.for_timestamp(since_ms)}, request_timeout=TIMEOUT_S
    )
    start = answer(asked[place]).offset
    if 0 <= start < end:
        yield from read_range(settings, topic, partition, start, end)


def read_range(
    settings: Settings, topic: Topic, partition: int, start: int, end: int
) -> Iterator[Message]:
    """The committed messages of a partition from `start` up to `end`, `end` excluded."""
    reader = consumer(settings, "tutti-reader")
    try:
        reader.assign([TopicPartition(topic.name, partition, start)])
        while True:
            for message in reader.consume(10_000, 1.0):
                error = message.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
                    raise KafkaException(error)
                if error is None and message.offset() < end:
                    yield message
                if message.offset() >= end - (error is None):
                    return
    finally:
        reader.close()
