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
    keep_result,
    kept_results,
    show_entries,
    show_times,
    shown_entries,
    shown_times,
)
from schemas.closings import ClosedSpan, Closings

TASK: Final = "closings"

log = structlog.get_logger()


def closes_ms(spans: tuple[ClosedSpan, ...], at_ms: int) -> int | None:
    """The closing in force at that time, or else the next one; None: there is neither.

    >>> from schemas.sources import END_MS
    >>> spans = (ClosedSpan(100, 200, 0, ""), ClosedSpan(300, END_MS, 0, "final"))
    >>> [closes_ms(spans, at_ms) for at_ms in (50, 150, 250, 350)]
    [100, 100, 300, 300]
    >>> closes_ms(spans[:1], 250)
    """
    return next((span.since_ms for span in spans if at_ms < span.until_ms), None)


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
        known = shown_times(clickhouse)
        times = {name: closes_ms(spans, tick_ms) for name, spans in closings.spans.items()}
        changed = {n: at for n, at in times.items() if n not in known or known[n] != at}
        show_times(clickhouse, changed, tick_ms)
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
