"""Delivery: messages into Kafka, and the moment at which it has acknowledged all of a batch."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer
from msgspec import Struct

from infra.config.settings import Settings
from infra.kafka import client as kafka
from operators.core.errors import TransientError

POLL_S: Final = 0.05
QUEUE_S: Final = 5.0
"""Longest wait for room in the client's queue."""
TIMEOUT_MS: Final = 30_000
"""After which Kafka has not acknowledged a message."""


class Outgoing(NamedTuple):
    """A message for Kafka."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Coordinates(Struct, frozen=True):
    """Where a message lies in Kafka; the offset is None where Kafka did not say it."""

    topic: str
    partition: int
    offset: int | None


class NotAcknowledgedError(TransientError):
    """Kafka has not acknowledged some messages of a batch, or does not say so."""


def _end_if_fatal(error: KafkaError) -> None:
    """A client that can promise its order no longer ends with its thread, and so the process."""
    if error.fatal():
        raise KafkaException(error)


class PendingBatch:
    """The messages of one request on their way.

    Args:
        count: How many there are.
        done: Is called once, in the thread of the client, when the last one was answered.
    """

    __slots__ = ("_done", "_left", "coordinates", "failed")

    def __init__(self, count: int, done: Callable[[], None]) -> None:
        self._left, self._done = count, done
        self.failed = 0
        self.coordinates: list[Coordinates | None] = [None] * count

    def callback(self, number: int) -> Callable[[KafkaError | None, Any], None]:
        """What the client calls when it knows what became of a message."""

        def delivered(error: KafkaError | None, message: Any) -> None:
            if error is not None:
                self.failed += 1
            else:
                # Kafka does not repeat the offset to a repeated request.
                offset = message.offset() if message.offset() >= 0 else None
                self.coordinates[number] = Coordinates(message.topic(), message.partition(), offset)
            self._left -= 1
            if not self._left:
                self._done()

        return delivered


class Delivery:
    """Hands messages to Kafka; a thread of its own learns what became of them."""

    def __init__(self, settings: Settings) -> None:
        self._producer: Producer = kafka.producer(
            settings,
            **{
                "acks": "all",
                "linger.ms": 5,
                "message.timeout.ms": TIMEOUT_MS,
                "error_cb": _end_if_fatal,
            },
        )
        self._over = Event()
        self._thread = Thread(target=self._poll, daemon=True, name="delivery")
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs, without which nothing would be answered."""
        return self._thread.is_alive()

    async def send(self, messages: Sequence[Outgoing]) -> list[Coordinates]:
        """Send messages and wait until Kafka has acknowledged each.

        Raises:
            NotAcknowledgedError: It has not; some may be in the log all the same.
        """
        loop = asyncio.get_running_loop()
        answered = asyncio.Event()

        def done() -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                loop.call_soon_threadsafe(answered.set)

        batch = PendingBatch(len(messages), done)
        for number, message in enumerate(messages):
            await self._produce(message, batch.callback(number))
        await answered.wait()
        found = [place for place in batch.coordinates if place is not None]
        if batch.failed or len(found) < len(messages):
            raise NotAcknowledgedError
        return found

    async def _produce(
        self, message: Outgoing, delivered: Callable[[KafkaError | None, Any], None]
    ) -> None:
        topic, key, value, headers = message
        waited_s = 0.0
        while True:
            try:
                self._producer.produce(topic, value, key, headers=headers, on_delivery=delivered)
            except BufferError:
                if waited_s >= QUEUE_S:
                    raise NotAcknowledgedError from None
                waited_s += POLL_S
                await asyncio.sleep(POLL_S)
            else:
                return

    def close(self) -> None:
        """Wait for the last acknowledgements."""
        self._over.set()
        self._thread.join()
        self._producer.flush(TIMEOUT_MS / 1000)

    def _poll(self) -> None:
        while not self._over.is_set():
            self._producer.poll(POLL_S)
