"""When an entry of a dated file begins."""

import time
from datetime import UTC, datetime
from typing import Final

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from schemas.times import parse_instant

LEAD_MS: Final = 2_000
"""From writing an entry until it is in force, so that every service has read it by then."""


def begins_ms(text: str, option: str = "--from") -> int:
    """When an entry begins, ms since 1970; of an empty text: as soon as may be.

    Raises:
        TerminalError: That is no instant, or it is too near or past.
    """
    soonest_ms = system_clock() + LEAD_MS
    if not text:
        return soonest_ms
    found = parse_instant(text)
    if found is None:
        raise TerminalError(f"{option} is an instant such as 2026-05-01T00:00:00Z.")
    if found < soonest_ms:
        raise TerminalError(f"{option} lies in the past: what has been counted stays as it is.")
    return found


def wait_for_start(from_ms: int, *, waits: bool) -> None:
    """Return when an entry is in force."""
    while waits and (left_ms := from_ms - system_clock()) > 0:
        time.sleep(left_ms / 1000)


def instant(ms: int) -> datetime:
    """Of ms since 1970."""
    return datetime.fromtimestamp(ms / 1000, UTC)
