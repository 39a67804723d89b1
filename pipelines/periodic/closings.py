"""Task `closings`: what operators have decided is shown, and results are kept.

The result of a closing is kept once, at the first tick after its grace at which all that had been
sent is counted; from then on no vote can change it. A consultation that was reopened before has
none of that closing.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client

from infra.clickhouse.closings import (
    OpeningHours,
    keep_result,
    kept_results,
    show_entries,
    show_hours,
    shown_entries,
    shown_hours,
)
from schemas.closings import ClosedSpan, Closings
from schemas.sources import END_MS

TASK: Final = "closings"

log = structlog.get_logger()


def opening_hours(spans: tuple[ClosedSpan, ...], at_ms: int) -> OpeningHours:
    """What views show of a consultation's closings.

    >>> spans = (ClosedSpan(100, 200, 0, ""), ClosedSpan(300, END_MS, 0, "final"))
    >>> opening_hours(spans, 50), opening_hours(spans, 150)
    (OpeningHours(opens_ms=None, closes_ms=100), OpeningHours(opens_ms=200, closes_ms=300))
    >>> opening_hours(spans, 250), opening_hours(spans, 350)
    (OpeningHours(opens_ms=200, closes_ms=300), OpeningHours(opens_ms=None, closes_ms=300))
    """
    opens_ms = None
    for span in spans:
        if at_ms < span.since_ms:
            return OpeningHours(opens_ms, span.since_ms)
        if span.until_ms == END_MS:
            return OpeningHours(None, span.since_ms)
        opens_ms = span.until_ms
    return OpeningHours(opens_ms, None)


class ShownClosings:
    """Shows closings and keeps results.

    Args:
        closings: The closings as they are now.
        counted: Returns when all that has been sent so far is counted and in ClickHouse; raises
            a TransientError if that takes too long, and the next tick tries again.
    """

    def __init__(self, closings: Callable[[], Closings], counted: Callable[[], object]) -> None:
        self._closings, self._counted = closings, counted

    def show(self, clickhouse: Client, tick_ms: int) -> None:
        """The task."""
        closings = self._closings()
        if not closings.entries:
            return
        after = shown_entries(clickhouse)
        if after < len(closings.entries):
            show_entries(clickhouse, closings.entries, after)
        known = shown_hours(clickhouse)
        hours = {name: opening_hours(spans, tick_ms) for name, spans in closings.spans.items()}
        show_hours(
            clickhouse,
            {name: each for name, each in hours.items() if known.get(name) != each},
            tick_ms,
        )
        self._keep(clickhouse, closings, tick_ms)

    def _keep(self, clickhouse: Client, closings: Closings, tick_ms: int) -> None:
        due = [
            (name, span)
            for name in closings.spans
            if (span := closings.closed(name, tick_ms)) and span.result and span.over_ms <= tick_ms
        ]
        missing = [(n, s) for n, s in due if (n, s.result) not in kept_results(clickhouse)]
        if not missing:
            return
        self._counted()
        for name, span in missing:
            keep_result(clickhouse, name, span.result, _instant(span.since_ms), _instant(tick_ms))
            log.info("result_kept", consultation=name, result=span.result)


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
