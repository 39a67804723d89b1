"""A consultation and its proposals go out before the votes on them."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from infra.config.settings import Settings
from pipelines.exchange.send import Sender


def announce(
    settings: Settings, consultation: Mapping[str, Any], proposals: Iterable[Mapping[str, Any]]
) -> None:
    """Send the events, and wait until the broker has acknowledged them."""
    sender = Sender(settings)
    sender.send("consultations", orjson.dumps(consultation))
    for proposal in proposals:
        sender.send("proposals", orjson.dumps(proposal))
    sender.finish()
