"""Markers: votes of the observer among the traffic, each on a proposal of its own.

A marker passes all services like any vote. Its tally is one row, so a cheap query by primary key
tells which markers are readable. Markers belong to a consultation of their own.
"""

import threading
import time
from typing import Final

from hdrh.histogram import HdrHistogram

from infra.clickhouse.client import ERRORS, connect
from infra.clickhouse.tallies import counted_proposals
from infra.config.settings import Settings
from pipelines.demo.traffic.encoding import vote_beginning, vote_ending
from schemas.times import format_instant

MARKER_S: Final = 0.047
"""Time between markers: no divisor of the checkpoints' interval, so that they sweep its phases."""
POLL_S: Final = 0.1
PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)
_MAX_MS: Final = 3_600_000
_DIGITS: Final = 3


def markers_of(consultation_id: str) -> str:
    """The consultation of a consultation's markers."""
    return f"{consultation_id}-markers"


def marker(consultation_id: str, number: int, intended_ms: int) -> tuple[bytes, bytes]:
    """Key and message of a marker."""
    person = f"marker-{number:07d}"
    value = vote_beginning(
        markers_of(consultation_id),
        f"m-{number:07d}",
        person,
        country="FR",
        source="marker",
        cast_at=format_instant(intended_ms),
    ) + vote_ending("agree")
    return person.encode(), value.encode()


class Observer(threading.Thread):
    """Records when each marker became readable in ClickHouse, by the monotonic clock, s.

    It asks about ten times a second, through the operators' address, for the tallies of the active
    epoch of the markers that it has not seen.
    """

    def __init__(self, settings: Settings, consultation_id: str, first: int) -> None:
        super().__init__(daemon=True, name="observer")
        self._settings = settings
        self._consultation = markers_of(consultation_id)
        self._first = first
        self._lowest = first
        self._ended = threading.Event()
        self.seen: dict[int, float] = {}
        self.polls = 0
        self.longest_gap_s = 0.0

    def run(self) -> None:
        """Query until ended."""
        clickhouse = connect(self._settings)
        last_s = time.monotonic()
        while not self._ended.wait(POLL_S):
            try:
                lowest = f"m-{self._lowest:07d}"
                found = counted_proposals(clickhouse, self._consultation, lowest)
            except ERRORS:
                continue
            now_s = time.monotonic()
            self.polls += 1
            self.longest_gap_s = max(self.longest_gap_s, now_s - last_s)
            last_s = now_s
            for proposal in found:
                self.seen.setdefault(int(proposal[2:]), now_s)
            while self._lowest in self.seen:
                self._lowest += 1
        clickhouse.close()

    def readable(self, count: int) -> int:
        """How many of the first `count` markers are readable."""
        return sum(number < self._first + count for number in self.seen)

    def end(self) -> None:
        """Stop querying."""
        self._ended.set()
        self.join()


def summary(latencies_s: list[float]) -> dict[str, float]:
    """Percentiles of some latencies, ms, and how many there are."""
    histogram = HdrHistogram(1, _MAX_MS, _DIGITS)
    for latency_s in latencies_s:
        histogram.record_value(max(round(latency_s * 1000), 1))
    named = {f"p{p:g}": float(histogram.get_value_at_percentile(p)) for p in PERCENTILES}
    return {**named, "max": float(histogram.get_max_value()), "markers": len(latencies_s)}
