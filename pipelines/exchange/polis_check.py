"""Checking an import before it is sent: by intake's rules, told by file, line and column."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipelines.exchange.polis_files import ORIGINAL
from pipelines.exchange.polis_import import FileOrigin, PolisImport
from pipelines.exchange.validate import Fault, Verdict, verdict_on
from schemas.events import Kind
from schemas.rejections import ADVICE
from schemas.rules import Validator

_TIMES: Final = (
    "Times are milliseconds since 1970: seconds would lie a thousand times too early, microseconds"
    f" too late; {ORIGINAL}."
)
_WRONG_TIMES: Final = frozenset({"bad_time", "future_time"})


@dataclass(frozen=True, slots=True)
class Message:
    """One event of an import, ready to be sent."""

    kind: Kind
    payload: bytes
    origin: FileOrigin


def messages(found: PolisImport) -> Iterator[Message]:
    """Consultation, proposals and votes, each in the order of its file."""
    events: dict[Kind, list[dict[str, Any]]] = {
        "consultations": [found.consultation],
        "proposals": found.proposals,
        "votes": found.votes,
    }
    for kind, listed in events.items():
        for event, origin in zip(listed, found.origins[kind], strict=True):
            yield Message(kind, json.dumps(event, ensure_ascii=False).encode(), origin)


def check(
    message: Message, validate: Mapping[Kind, Validator], now_ms: int
) -> tuple[Verdict, str, str]:
    """The verdict on a message, and of a fault the sentence and what to do.

    Args:
        message: To be sent.
        validate: Of each kind, from `DatedRules.validators`.
        now_ms: When the broker would receive it, milliseconds since 1970.
    """
    verdict = verdict_on(message.origin.line, message.payload, validate[message.kind], now_ms)
    if not isinstance(verdict, Fault):
        return verdict, "", ""
    rejection = verdict.rejection
    column = message.origin.columns.get(rejection.field, rejection.field)
    option = column.startswith("--")
    where = column if option else f"{_where(message.origin)}, column {column}"
    expected = f"; expected: {rejection.detail}" if rejection.detail else ""
    sentence = f"{where}: {rejection.reason}, found {verdict.found}{expected}"
    cure = _TIMES if rejection.reason in _WRONG_TIMES else ADVICE[rejection.reason].cure
    return verdict, sentence, cure


def _where(origin: FileOrigin) -> str:
    return f"{origin.file}, line {origin.line}"
