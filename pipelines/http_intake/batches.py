"""Batches: validated by the rules of all, signed for their source, and answered by a receipt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from infra.service.metrics import HTTP_INTAKE_ACCEPTED, HTTP_INTAKE_REJECTED
from pipelines.exchange.send import key_of_event
from pipelines.http_intake.delivery import Delivery, NotAcknowledgedError, Outgoing
from pipelines.http_intake.problems import ProblemError
from pipelines.http_intake.receipts import (
    BatchReceipt,
    BatchWarning,
    RejectedMessage,
    rejected,
)
from schemas.dated_rules import DatedRules
from schemas.events import Kind, Vote
from schemas.rejections import Rejection
from schemas.signatures import signed_headers
from schemas.sources import SourceEntry
from schemas.topics import INPUT
from schemas.warnings import (
    MAX_WARNINGS,
    BatchTraffic,
    SenderWarning,
    TrafficWarning,
    unknown_fields,
    warnings,
)

RETRY_S: Final = 5


@dataclass(slots=True)
class Sorted:
    """A batch whose messages have been validated."""

    outgoing: list[Outgoing] = field(default_factory=list)
    rejected: list[RejectedMessage] = field(default_factory=list)
    warnings: dict[str, BatchWarning] = field(default_factory=dict)

    def warn(self, line: int, doubt: SenderWarning) -> None:
        """Count a doubt about a message."""
        known = self.warnings.get(doubt.cure)
        if known is not None:
            self.warnings[doubt.cure] = replace(known, messages=known.messages + 1)
        elif len(self.warnings) < MAX_WARNINGS:
            self.warnings[doubt.cure] = BatchWarning(doubt.reason, doubt.cure, 1, line, doubt.field)

    def warn_of_traffic(self, doubt: TrafficWarning) -> None:
        """Note what the accepted votes show together."""
        self.warnings[doubt.reason] = BatchWarning(
            doubt.reason, f"{doubt.found}: {doubt.cure}", doubt.messages
        )


def sort(
    kind: Kind, messages: Sequence[bytes], source: SourceEntry, rules: DatedRules, now_ms: int
) -> Sorted:
    """Validate the messages of a batch.

    Args:
        kind: Of all of them.
        messages: As they were sent.
        source: That has sent them.
        rules: In force.
        now_ms: Milliseconds since 1970.
    """
    found = Sorted()
    topic = INPUT[kind].name
    validate = rules.validators(source)[kind]
    name, secret = source.name, source.secret
    traffic = BatchTraffic(now_ms)
    for line, message in enumerate(messages, start=1):
        event = validate(message, now_ms)
        if isinstance(event, Rejection):
            found.rejected.append(rejected(line, event))
            continue
        for doubt in (*warnings(event), *unknown_fields(event, message)):
            found.warn(line, doubt)
        if isinstance(event, Vote):
            traffic.add(event)
        headers = signed_headers(name, secret, message)
        found.outgoing.append(Outgoing(topic, key_of_event(kind, event), message, headers))
    for together in traffic.warnings(national=[""] if len(source.countries) == 1 else []):
        found.warn_of_traffic(together)
    return found


async def deliver(kind: Kind, batch: Sorted, delivery: Delivery) -> BatchReceipt:
    """Send what was accepted; the receipt.

    Raises:
        ProblemError: Nothing was accepted, or Kafka has not acknowledged all of it.
    """
    for one in batch.rejected:
        HTTP_INTAKE_REJECTED.labels(kind, one.reason).inc()
    if not batch.outgoing:
        raise ProblemError("all-rejected", rejected=[_plain(one) for one in batch.rejected])
    try:
        places = await delivery.send(batch.outgoing)
    except NotAcknowledgedError:
        raise ProblemError("not-acknowledged", retry_s=RETRY_S) from None
    HTTP_INTAKE_ACCEPTED.labels(kind).inc(len(places))
    return BatchReceipt(
        len(places),
        batch.rejected,
        list(batch.warnings.values()),
        places[0],
        places[-1],
    )


def _plain(one: RejectedMessage) -> dict[str, object]:
    named = {name: getattr(one, name) for name in one.__struct_fields__}
    return {name: value for name, value in named.items() if value}
