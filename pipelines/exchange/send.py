"""Sending: events into the input topics, and what the broker acknowledged of them, and where."""

from collections import defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer

from infra.config.settings import Settings
from infra.kafka import client as kafka
from pipelines.exchange.offsets import Offsets
from schemas.events import Consultation, Kind, Proposal, Vote
from schemas.signatures import Headers, signed_headers
from schemas.sources import SourceEntry
from schemas.topics import INPUT, TopicPartition

FLUSH_S: Final = 60.0
PARTITION_OF_KEY: Final = -1
"""librdkafka's name for "the partition that belongs to the key"."""

_KEY_FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    "consultations": ("consultation_id",),
    "proposals": ("consultation_id", "proposal_id"),
    "votes": ("participant_id",),
}

_key_parts: Final = {kind: attrgetter(*names) for kind, names in _KEY_FIELDS.items()}


class _Keys(msgspec.Struct):
    consultation_id: str = ""
    proposal_id: str = ""
    participant_id: str = ""


_decoder: Final = msgspec.json.Decoder(_Keys)


def key_of(kind: Kind, payload: bytes) -> bytes | None:
    """The record's key; None where the payload has none, which intake will refuse anyway."""
    try:
        fields = _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    parts = [getattr(fields, name) for name in _KEY_FIELDS[kind]]
    return "/".join(parts).encode() if all(parts) else None


def key_of_event(kind: Kind, event: Vote | Proposal | Consultation) -> bytes:
    """The key of a valid event's record."""
    found = _key_parts[kind](event)  # attrgetter of one name: its value, of several: a tuple
    return (found if isinstance(found, str) else "/".join(found)).encode()


@dataclass(slots=True)
class Receipt:
    """What the broker said of the messages of one sender.

    Attributes:
        sent: How many were handed over.
        acknowledged: How many are in the log.
        failed: Why others are not -> how many.
        offsets: Where those in the log lie, as far as the broker said it.
    """

    sent: int = 0
    acknowledged: int = 0
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    offsets: dict[TopicPartition, Offsets] = field(default_factory=lambda: defaultdict(Offsets))


class Sender:
    """Sends payloads unchanged, signed if there is a source, and counts what is acknowledged.

    Raises:
        KafkaUnavailableError: The broker does not answer; nothing was sent.
        KafkaAuthenticationError: It does not take our password, or we not its certificate.
    """

    def __init__(self, settings: Settings, source: SourceEntry | None = None) -> None:
        self._source = source
        self.receipt = Receipt()
        kafka.topics(settings)
        self._producer: Producer = kafka.producer(settings)

    def send(
        self,
        kind: Kind,
        payload: bytes,
        key: bytes | None = None,
        partition: int = PARTITION_OF_KEY,
        headers: Headers | None = None,
    ) -> None:
        """Hand over one message; waits while the broker is slower than we are."""
        self.receipt.sent += 1
        if key is None:
            key = key_of(kind, payload)
        if headers is None and self._source is not None:
            headers = signed_headers(self._source.name, self._source.secret, payload)
        more = {} if headers is None else {"headers": headers}
        while True:
            try:
                self._producer.produce(
                    INPUT[kind].name, payload, key, partition, on_delivery=self._delivered, **more
                )
                break
            except BufferError:
                self._producer.poll(0.05)
            except KafkaException as error:  # e.g. larger than the broker takes
                self.receipt.failed[error.args[0].str()] += 1
                break
        if not self.receipt.sent % 256:
            self._producer.poll(0)

    def finish(self) -> Receipt:
        """Wait for the last acknowledgements."""
        left = self._producer.flush(FLUSH_S)
        if left:
            self.receipt.failed["not acknowledged in time"] += left
        return self.receipt

    def _delivered(self, error: KafkaError | None, message: Any) -> None:
        if error is None:
            self.receipt.acknowledged += 1
            if message.offset() >= 0:  # the broker does not repeat it to a repeated request
                self.receipt.offsets[message.topic(), message.partition()].add(message.offset())
        else:
            self.receipt.failed[error.str()] += 1
