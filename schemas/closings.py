"""Closings: from an instant on, whether a consultation takes votes.

Entries are in force from an instant of the broker's clock and are never edited or removed, as those
of `schemas.sources`: so a recount next year gives today's verdict.

    [[closing]]
    consultation = "europe-2026"
    from = 2026-06-01T20:00:00Z
    state = "closed"                           # or "open": from then on it takes votes again
    grace_seconds = 600                        # on their way at the closing: that long
    result = "final"
    by = "ana"
    why = "the vote ends as announced"

While a consultation is closed, votes that were cast since the closing are rejected, and from the
end of its grace on all that arrive. What was cast while it was closed stays rejected if it arrives
after a reopening. An entry cancels those of its consultation that were to begin later.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from schemas.rejections import Rejection
from schemas.sources import END_MS, Instant, Name, instant_ms
from schemas.texts import text_fault
from schemas.times import format_instant

MAX_GRACE_S: Final = 7 * 86_400
MAX_BY: Final = 64
MAX_WHY: Final = 300


class BadClosingsError(ValueError):
    """The text holds no closings; the message says where and why."""


class ClosingEntry(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """What one consultation is, from an instant on.

    Attributes:
        consultation: Its identifier.
        since: Start, by the broker's clock.
        state: Whether it takes votes.
        grace_seconds: How long after a closing those cast before it may still arrive, s.
        result: Name of the result that is kept of a closing; empty: none is.
        by: Who decided it.
        why: What they said of it.
    """

    consultation: Name
    since: Instant
    state: Literal["closed", "open"]
    grace_seconds: Annotated[int, Meta(ge=0, le=MAX_GRACE_S)] = 0
    result: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,64}\Z")] = ""
    by: Annotated[str, Meta(max_length=MAX_BY)] = ""
    why: Annotated[str, Meta(max_length=MAX_WHY)] = ""


class ClosedSpan(NamedTuple):
    """A time in which a consultation is closed.

    Attributes:
        since_ms: Start, ms since 1970.
        until_ms: End, excluded; `END_MS`: it has none.
        grace_ms: How long after the start what was cast before it may arrive, ms.
        result: Name of its result; empty: none is kept.
    """

    since_ms: int
    until_ms: int
    grace_ms: int
    result: str

    @property
    def over_ms(self) -> int:
        """When nothing can change the result any more, ms since 1970."""
        return self.since_ms + self.grace_ms


class ClosingsDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    closing: tuple[ClosingEntry, ...] = ()


class Closings:
    """All entries, in the order in which they were written.

    Attributes:
        entries: All of them.
        spans: Per consultation, when it is closed, in order of time.
    """

    def __init__(self, entries: Iterable[ClosingEntry] = ()) -> None:
        self.entries = tuple(entries)
        in_force: dict[str, list[ClosingEntry]] = defaultdict(list)
        for entry in self.entries:
            known = in_force[entry.consultation]
            while known and known[-1].since >= entry.since:
                known.pop()
            if entry.state != (known[-1].state if known else "open"):
                known.append(entry)
        self.spans = {name: _spans(known) for name, known in in_force.items()}

    def fault(self, consultation_id: str, cast_ms: int, broker_ms: int) -> Rejection | None:
        """Why a vote comes too late or too early; None: it does not.

        Args:
            consultation_id: That it is for.
            cast_ms: When it was cast, ms since 1970.
            broker_ms: The broker's append time, ms since 1970. What is decided later counts for
                nothing: it was not known yet.
        """
        for span in self.spans.get(consultation_id, ()):
            if span.since_ms > broker_ms:
                break
            # protects: what is decided later changes no verdict
            until_ms = span.until_ms if span.until_ms <= broker_ms else END_MS
            if span.since_ms <= cast_ms < until_ms or span.over_ms <= broker_ms < until_ms:
                since = format_instant(span.since_ms)
                return Rejection("consultation_closed", "consultation_id", f"closed from {since}")
        return None

    def closed(self, consultation_id: str, at_ms: int) -> ClosedSpan | None:
        """The closing that is in force at that time, ms since 1970; None: it is open."""
        for span in self.spans.get(consultation_id, ()):
            if span.since_ms <= at_ms < span.until_ms:
                return span
        return None


def _spans(entries: list[ClosingEntry]) -> tuple[ClosedSpan, ...]:
    """From entries that alternate, beginning with a closing."""
    ends = [*(instant_ms(entry.since) for entry in entries[1:]), END_MS]
    return tuple(
        ClosedSpan(instant_ms(entry.since), until_ms, entry.grace_seconds * 1000, entry.result)
        for entry, until_ms in zip(entries, ends, strict=False)
        if entry.state == "closed"
    )


def parse_closings(text: str) -> Closings:
    """The closings of a TOML text.

    Raises:
        BadClosingsError: It is no TOML, or an entry is not valid.
    """
    try:
        found: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadClosingsError(f"no TOML: {error}") from None
    try:
        document = msgspec.convert(found, ClosingsDocument)
    except msgspec.ValidationError as error:
        raise BadClosingsError(_readable(str(error))) from None
    for position, entry in enumerate(document.closing, start=1):
        fault = text_fault(entry.by) or text_fault(entry.why)
        if entry.since.microsecond % 1000:
            fault = "from must be in whole milliseconds"
        if fault:
            raise BadClosingsError(f"closing {position}: {fault}")
    return Closings(document.closing)


def _readable(error: str) -> str:
    """The sentence of msgspec with entries counted from 1.

    >>> _readable("Expected `str` - at `$.closing[0].why`")
    'closing 1, why: Expected str'
    """
    sentence, _, place = error.replace("`", "").partition(" - at $.")
    found = re.fullmatch(r"closing\[(\d+)\]\.?(.*)", place)
    if found is None:
        return f"{place}: {sentence}" if place else sentence
    where = f"closing {int(found[1]) + 1}"
    return f"{where}, {found[2]}: {sentence}" if found[2] else f"{where}: {sentence}"
