"""Checking: what intake would refuse of some lines, what stands there, and what is doubtful.

The rules are intake's own (`schemas.rules`). Lines are read one at a time and cut where neither
intake nor the broker takes them, so that a file of any size and any form fits into memory.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from operators.core.printable import LIMIT, printable
from schemas.events import Vote
from schemas.rejections import Reason, Rejection
from schemas.rules import MAX_MESSAGE_BYTES, Validator
from schemas.warnings import (
    MAX_WARNINGS,
    BatchTraffic,
    SenderWarning,
    TrafficWarning,
    WarningReason,
    unknown_fields,
    warnings,
)

MAX_LINE_BYTES: Final = 2 * 1024 * 1024
"""Bytes kept of a line: twice what the broker takes."""

BEFORE: Final = 30
"""Characters shown before the place where JSON breaks off."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that would be rejected.

    Attributes:
        line: Its number, from 1.
        rejection: Why.
        found: What stands there, printable and short; it may be a part of an identity.
    """

    line: int
    rejection: Rejection
    found: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A line that would be accepted, with values that are probably a mistake.

    Attributes:
        line: Its number, from 1.
        warnings: One or more.
    """

    line: int
    warnings: tuple[SenderWarning, ...]


Verdict = Fault | Warned | None
"""On one line; None: it is right."""


@dataclass(slots=True)
class Checked:
    """What became of some lines, counted.

    Attributes:
        lines: How many there were.
        rejected: How many would be rejected.
        reasons: Reason -> how many, and the first of them.
        warnings: What to do -> how many lines, and the first of them.
        codes: What to do -> the reason of that warning.
        traffic: Votes that would be accepted.
        national: Whether their source may send votes of one country only.
    """

    lines: int = 0
    rejected: int = 0
    reasons: dict[Reason, tuple[int, int]] = field(default_factory=dict)
    warnings: dict[str, tuple[int, int]] = field(default_factory=dict)
    codes: dict[str, WarningReason] = field(default_factory=dict)
    traffic: BatchTraffic = field(default_factory=BatchTraffic)
    national: bool = False

    def traffic_warnings(self) -> list[TrafficWarning]:
        """What the votes show together."""
        return list(self.traffic.warnings(national=[""] if self.national else []))

    def add(self, verdict: Verdict) -> None:
        """Count one line."""
        self.lines += 1
        if isinstance(verdict, Fault):
            self.rejected += 1
            count, first = self.reasons.get(verdict.rejection.reason, (0, verdict.line))
            self.reasons[verdict.rejection.reason] = (count + 1, first)
        elif isinstance(verdict, Warned):
            for cure, code in {w.cure: w.reason for w in verdict.warnings}.items():
                if cure in self.warnings or len(self.warnings) < MAX_WARNINGS:
                    count, first = self.warnings.get(cure, (0, verdict.line))
                    self.warnings[cure] = (count + 1, first)
                    self.codes[cure] = code


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream without their ends; nothing beyond MAX_LINE_BYTES of one is kept."""
    while line := stream.readline(MAX_LINE_BYTES):
        end = line
        while not end.endswith(b"\n") and (end := stream.readline(MAX_LINE_BYTES)):
            pass
        yield line.rstrip(b"\r\n")


def verdicts(
    messages: Iterable[bytes],
    validate: Validator,
    now_ms: int,
    traffic: BatchTraffic | None = None,
) -> Iterator[Verdict]:
    """The verdict on each message in turn.

    Args:
        messages: One per line.
        validate: That of their kind, from `DatedRules.validators`.
        now_ms: When the broker would receive them, milliseconds since 1970.
        traffic: Takes the votes that would be accepted.
    """
    for number, message in enumerate(messages, start=1):
        yield verdict_on(number, message, validate, now_ms, traffic)


def verdict_on(
    line: int,
    message: bytes,
    validate: Validator,
    now_ms: int,
    traffic: BatchTraffic | None = None,
) -> Verdict:
    """The verdict on one message; arguments as for `verdicts`."""
    event = validate(message, now_ms)
    if isinstance(event, Rejection):
        return Fault(line, event, found(message, event))
    if traffic is not None and isinstance(event, Vote):
        traffic.add(event)
    doubtful = (*warnings(event), *unknown_fields(event, message))
    return Warned(line, doubtful) if doubtful else None


def found(message: bytes | None, rejection: Rejection) -> str:
    """What stands at the fault; where one value cannot be named, the message's beginning."""
    if not message:
        return "nothing"
    if len(message) > MAX_MESSAGE_BYTES:
        return printable(message)
    try:
        value = json.loads(
            message.decode(), object_pairs_hook=_once_each, parse_constant=_no_number
        )
        return _at(value, rejection)
    except UnicodeDecodeError as error:
        return f"at byte {error.start + 1}: {_around(message, error.start)}"
    except json.JSONDecodeError as error:
        return f"at character {error.pos + 1}: {_around(error.doc, error.pos)}"
    except (ValueError, LookupError, TypeError, RecursionError):
        return printable(message)


def _at(value: Any, rejection: Rejection) -> str:
    missing = rejection.reason == "missing_field"
    path = re.findall(r"[^.\[\]]+", rejection.field)
    for step in path[:-1] if missing else path:
        value = value[int(step) if isinstance(value, list) else step]
    if missing:  # it may be there under another name
        return printable(f"the fields {', '.join(value)}" if value else "no fields")
    return printable(json.dumps(value, ensure_ascii=False))


def _around(content: bytes | str, position: int) -> str:
    start = max(0, position - BEFORE)
    return printable(content[start : start + LIMIT])


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("of a key that stands twice, either value may be at fault")
    return made


def _no_number(name: str) -> Any:
    raise ValueError(name)
