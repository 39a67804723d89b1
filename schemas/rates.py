"""The rate of a source on Kafka: a verdict that anybody can repeat from the log alone.

Where messages must be signed, and the entry of a source has a `kafka_rate`, the first
``kafka_rate * 60`` messages that it has signed on a partition in a minute of the broker's clock are
examined further, in the order of their offsets; the others are `rate_exceeded`. A message counts
whatever becomes of it afterwards; one with a false signature counts for nobody. A new entry of the
source begins at 0.

Only offsets, broker times, signatures and dated entries enter, so a recount next year says the
same. Partitions are limited one by one, because no order exists between them.
"""

from typing import Final, NamedTuple

from schemas.rejections import Rejection
from schemas.sources import SourceEntry, instant_ms

MINUTE_MS: Final = 60_000
KEPT_MINUTES: Final = 2
"""Minutes whose counts are kept: the broker's clock may step back by less than one."""


class RateWindow(NamedTuple):
    """What is limited together, within one partition.

    Attributes:
        source: Its name.
        since_ms: Start of the entry in force, ms since 1970.
        minute: Since 1970, by the broker's clock.
    """

    source: str
    since_ms: int
    minute: int


def rate_window(source: SourceEntry, broker_ms: int) -> RateWindow:
    """The window of a message that a limited source has signed.

    Args:
        source: Its entry in force then.
        broker_ms: The broker's append time, ms since 1970.
    """
    return RateWindow(source.name, instant_ms(source.since), broker_ms // MINUTE_MS)


def rate_limit(source: SourceEntry) -> int:
    """Messages that the source may sign on a partition in a minute."""
    return source.kafka_rate * MINUTE_MS // 1000


def rate_rejection(source: SourceEntry) -> Rejection:
    """Why a message beyond the rate is rejected."""
    return Rejection("rate_exceeded", "", f"at most {rate_limit(source)} messages a minute")


class SignedCounts:
    """How many messages limited sources have signed on one partition, minute by minute.

    >>> from datetime import UTC, datetime
    >>> web = SourceEntry("web", datetime(2026, 5, 1, tzinfo=UTC), "01" * 32, kafka_rate=1)
    >>> counts = SignedCounts()
    >>> [counts.add(web, 1_777_680_000_000) for _ in range(60)].count(None)
    60
    >>> counts.add(web, 1_777_680_059_999).detail, counts.add(web, 1_777_680_060_000)
    ('at most 60 messages a minute', None)
    """

    __slots__ = ("_counts", "_newest")

    def __init__(self) -> None:
        self._counts: dict[RateWindow, int] = {}
        self._newest = 0

    def add(self, source: SourceEntry, broker_ms: int) -> Rejection | None:
        """Count a message that the source has signed; why it is rejected, if it is one too many.

        Messages must be added in the order of their offsets.
        """
        window = rate_window(source, broker_ms)
        if window.minute > self._newest:
            self._newest = window.minute
            self._counts = {
                known: count
                for known, count in self._counts.items()
                if known.minute > window.minute - KEPT_MINUTES
            }
        count = self._counts[window] = self._counts.get(window, 0) + 1
        # protects: a source's rate on a partition
        return rate_rejection(source) if count > rate_limit(source) else None
