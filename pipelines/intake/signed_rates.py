"""Rates of sources on Kafka: counted partition by partition, and counted again after a restart."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from operators.core.votes.acceptance import Accept, IntakeRecord, dead_letter
from operators.core.votes.ballots import Origin
from schemas.dated_rules import KINDS
from schemas.events import Kind
from schemas.rates import KEPT_MINUTES, MINUTE_MS, SignedCounts
from schemas.signatures import Headers
from schemas.sources import Sources
from schemas.topics import INPUT, Topic

ReadSince = Callable[[Topic, int, int, int], Iterable[Any]]
"""Topic, partition, time and offset → the messages from that time on, before that offset."""

BEFORE_MS: Final = (KEPT_MINUTES - 1) * MINUTE_MS
"""How much earlier than the present minute the broker's clock may have been behind a message."""


class SignedRates:
    """Rejects what limited sources have signed beyond their rate (`schemas.rates`).

    Nothing is stored: whoever takes a partition reads its present minute again as soon as a
    limited source's message comes, so a restart changes no verdict. Where no source is limited it
    costs nothing.

    Args:
        read_since: Reads the log.
    """

    def __init__(self, read_since: ReadSince) -> None:
        self._read_since = read_since
        self._counts: dict[tuple[Kind, int], SignedCounts] = {}

    def forget(self) -> None:
        """Forget all counts: partitions have come or gone."""
        self._counts.clear()

    def limiting(self, plain: dict[str, Accept], sources: Sources) -> dict[str, Accept]:
        """The functions of `Acceptance.by_topic`, with the rates of these sources."""
        if not sources.limits:
            return plain
        return {
            INPUT[kind].name: partial(self._accept, kind, plain[INPUT[kind].name], sources)
            for kind in KINDS
        }

    def _accept(
        self,
        kind: Kind,
        accept: Accept,
        sources: Sources,
        payload: bytes | None,
        origin: Origin,
        headers: Headers | None,
    ) -> IntakeRecord:
        source = sources.limited(payload, headers, origin.broker_ms)
        if source is not None:
            counts = self._counts_of(kind, origin, sources)
            rejection = counts.add(source, origin.broker_ms)
            if rejection is not None:
                return dead_letter(kind, payload, origin, rejection)
        return accept(payload, origin, headers)

    def _counts_of(self, kind: Kind, origin: Origin, sources: Sources) -> SignedCounts:
        partition = (kind, origin.partition)
        known = self._counts.get(partition)
        if known is None:
            known = self._counts[partition] = SignedCounts()
            since_ms = origin.broker_ms // MINUTE_MS * MINUTE_MS - BEFORE_MS
            # protects: a source's rate over a restart
            for message in self._read_since(INPUT[kind], origin.partition, since_ms, origin.offset):
                at_ms = message.timestamp()[1]
                source = sources.limited(message.value(), message.headers(), at_ms)
                if source is not None:
                    known.add(source, at_ms)
        return known
