"""Dead letters: which there are, what was sent there, and sending it again.

A dead letter keeps no content. The original message is fetched from its topic by its coordinates,
as long as retention keeps it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from infra.clickhouse.messages import has_later_consultation, has_later_proposal
from infra.config.settings import Settings
from infra.config.sources import dated_rules
from infra.kafka import client as kafka
from operators.core.clock import Clock, system_clock
from operators.core.errors import TransientError
from pipelines.exchange.send import Receipt, Sender
from schemas.events import Consultation, Kind, Proposal
from schemas.rejections import Rejection
from schemas.signatures import Headers
from schemas.topics import INPUT

SEEK_BEYOND: Final = 5_000
"""Messages between two wanted ones from which on skipping is quicker than reading."""

KINDS: Final[dict[str, Kind]] = {topic.name: kind for kind, topic in INPUT.items()}


class DeadLetter(NamedTuple):
    """One row of ``marts.dead_letters``."""

    topic: str
    partition: int
    offset: int
    received_at: datetime
    reason: str
    field: str
    detail: str
    bytes: int

    @property
    def kind(self) -> Kind:
        """What the message should have been."""
        return KINDS[self.topic]

    @property
    def coordinates(self) -> str:
        """``topic/partition/offset``."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def rejection(self) -> Rejection:
        """Why it was rejected."""
        return Rejection(self.reason, self.field, self.detail)  # type: ignore[arg-type] # the sink's


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dead letters; what is None is not asked for.

    Attributes:
        kind: What the messages should have been.
        reason: One of `schemas.rejections.REASONS`.
        field: The field at fault; ``countries`` means ``countries[2].weight`` too.
        since: Received then or later.
        until: Received before then.
        place: Topic, partition and offset of one message.
    """

    kind: Kind | None = None
    reason: str | None = None
    field: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    place: tuple[str, int, int] | None = None

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition in SQL, and its parameters."""
        topic, partition, offset = self.place or (self.kind and INPUT[self.kind].name, None, None)
        asked = [
            ("topic = {topic:String}", "topic", topic),
            ("partition = {partition:UInt16}", "partition", partition),
            ("offset = {offset:UInt64}", "offset", offset),
            ("reason = {reason:String}", "reason", self.reason),
            (
                # The field itself, or what stands in it: countries[2].weight
                "match(field, concat('^', regexpQuoteMeta({field:String}), '($|[[.])'))",
                "field",
                self.field,
            ),
            ("received_at >= fromUnixTimestamp64Milli({since:Int64})", "since", _ms(self.since)),
            ("received_at < fromUnixTimestamp64Milli({until:Int64})", "until", _ms(self.until)),
        ]
        given = [(sql, name, value) for sql, name, value in asked if value is not None]
        return (
            " AND ".join(sql for sql, _, _ in given) or "true",
            {name: value for _, name, value in given},
        )


def _ms(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp() * 1000)


class Statistics(NamedTuple):
    """The dead letters of one topic and reason."""

    topic: str
    reason: str
    messages: int
    first: datetime
    last: datetime
    fields: list[str]
    example: str


def statistics(clickhouse: Client, wanted: Wanted, limit: int) -> list[Statistics]:
    """Per topic and reason, most frequent first; the example is the newest message."""
    condition, parameters = wanted.where()
    answer = clickhouse.query(
        "SELECT topic, reason, count() AS messages, min(received_at), max(received_at),"
        " topK(3)(field), argMax(concat(topic, '/', toString(partition), '/', toString(offset)),"
        f" (received_at, offset)) FROM marts.dead_letters WHERE {condition}"
        " GROUP BY topic, reason ORDER BY messages DESC, topic, reason LIMIT {limit:UInt32}",
        parameters | {"limit": limit},
    )
    return [Statistics(*row) for row in answer.result_rows]


def count(clickhouse: Client, wanted: Wanted) -> int:
    """How many dead letters there are."""
    condition, parameters = wanted.where()
    answer = clickhouse.query(
        f"SELECT count() FROM marts.dead_letters WHERE {condition}",
        parameters,
    )
    return int(answer.result_rows[0][0])


def dead_letters(
    clickhouse: Client, wanted: Wanted, limit: int, *, newest: bool = False
) -> list[DeadLetter]:
    """Some dead letters: the oldest first, or the newest."""
    condition, parameters = wanted.where()
    way = "DESC" if newest else "ASC"
    answer = clickhouse.query(
        "SELECT topic, partition, offset, received_at, reason, field, detail, bytes"
        f" FROM marts.dead_letters WHERE {condition}"
        f" ORDER BY received_at {way}, topic {way}, partition {way}, offset {way}"
        " LIMIT {limit:UInt32}",
        parameters | {"limit": limit},
    )
    return [DeadLetter(*row) for row in answer.result_rows]


class Original(NamedTuple):
    """A message as it was received; both may be None, and so may the key alone."""

    key: bytes | None
    value: bytes | None
    headers: Headers | None = None


def originals(
    settings: Settings, letters: Iterable[DeadLetter]
) -> Iterator[tuple[DeadLetter, Original | None]]:
    """Each dead letter with its message; None: retention has removed it.

    They come by topic, partition and offset, whatever the order of `letters`.

    Raises:
        TransientError: Kafka does not answer.
    """
    reader = kafka.consumer(settings, "tutti-dead-letters")
    try:
        for (topic, partition), group in groupby(
            sorted(letters, key=lambda letter: letter[:3]), key=lambda letter: letter[:2]
        ):
            yield from _of_partition(reader, TopicPartition(topic, partition), list(group))
    except KafkaException:
        raise TransientError("Kafka does not answer: see tutti status, or run tutti up.") from None
    finally:
        reader.close()


def _of_partition(
    reader: Consumer, place: TopicPartition, letters: Sequence[DeadLetter]
) -> Iterator[tuple[DeadLetter, Original | None]]:
    low, high = reader.get_watermark_offsets(place, timeout=kafka.TIMEOUT_S)
    messages: Iterator[Any] = iter(())
    message: Any = None
    for letter in letters:
        if not low <= letter.offset < high:
            yield letter, None
            continue
        if message is None or not 0 <= letter.offset - message.offset() <= SEEK_BEYOND:
            reader.assign([TopicPartition(place.topic, place.partition, letter.offset)])
            messages = _messages(reader)
            message = next(messages, None)
        while message is not None and message.offset() < letter.offset:
            message = next(messages, None)
        there = (
            message is not None and message.offset() == letter.offset and _is_of(message, letter)
        )
        yield (
            letter,
            (Original(message.key(), message.value(), message.headers()) if there else None),
        )


def _messages(reader: Consumer) -> Iterator[Any]:
    """What is read, up to the end of the partition."""
    patience = kafka.TIMEOUT_S
    while patience > 0:
        found = reader.consume(SEEK_BEYOND, 1.0)
        patience = kafka.TIMEOUT_S if found else patience - 1.0
        for message in found:
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                return
            else:
                raise KafkaException(error)
    raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001


def _is_of(message: Any, letter: DeadLetter) -> bool:
    """Whether it is that very message: a topic made anew begins its offsets again."""
    received_ms = letter.received_at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (
        message.timestamp()[1] == received_ms // timedelta(milliseconds=1)
        and len(message.value() or b"") == letter.bytes
    )


@dataclass(slots=True)
class Replay:
    """What a replay did, or would do.

    Attributes:
        valid: What would be accepted now: it is sent.
        gone: Removed by retention.
        superseded: A newer message of the same proposal or consultation has been accepted since;
            sent again, the old one would win.
        rejected: Would be rejected again, by reason of today.
        receipt: What the broker acknowledged; None: nothing was to be sent.
    """

    valid: list[DeadLetter] = field(default_factory=list)
    gone: int = 0
    superseded: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    receipt: Receipt | None = None


def replay(
    settings: Settings,
    clickhouse: Client,
    letters: Iterable[DeadLetter],
    sender: Sender | None,
    clock: Clock = system_clock,
) -> Replay:
    """Validate the originals by the rules and the time of now; send the valid ones again.

    Each goes to the topic and partition where it was, with its own key, so that it stands in one
    order with the others of its sender. A vote that is sent again twice counts once.

    Args:
        settings: Where Kafka is.
        clickhouse: Knows which proposals and consultations have been accepted.
        letters: What to send again.
        sender: None: only say what would be sent.
        clock: When the broker would receive them.
    """
    found = Replay()
    rules = dated_rules(settings)
    for letter, original in originals(settings, letters):
        if original is None:
            found.gone += 1
            continue
        verdict = rules.validate(letter.kind, original.value, clock(), original.headers)
        if isinstance(verdict, Rejection):
            found.rejected[verdict.reason] += 1
        elif _superseded(clickhouse, letter, verdict):
            found.superseded += 1
        else:
            found.valid.append(letter)
            if sender is not None:
                content = original.value or b""  # a valid message is not empty
                sender.send(letter.kind, content, original.key, letter.partition, original.headers)
    if sender is not None:
        found.receipt = sender.finish()
    return found


def _superseded(clickhouse: Client, letter: DeadLetter, event: Any) -> bool:
    """Whether a later message holds that the replayed one, arriving last, would replace.

    Of votes the latest by ``cast_at`` counts, whenever it arrives.
    """
    match event:
        case Proposal():
            return has_later_proposal(
                clickhouse, event.consultation_id, event.proposal_id, letter.offset
            )
        case Consultation():
            return has_later_consultation(clickhouse, event.consultation_id, letter.offset)
        case _:
            return False
