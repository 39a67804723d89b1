"""Admission: how much may be on its way at a time, and how much each source may send."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from operators.core.clock import system_clock
from operators.core.wording import number_of
from pipelines.http_intake.problems import ProblemError
from schemas.sources import SourceEntry

MAX_IN_FLIGHT_BYTES: Final = 64 * 1024 * 1024
"""Of bodies that are read, validated or waiting for Kafka: beyond it, senders are told to wait."""
MAX_OF_SOURCE_BYTES: Final = MAX_IN_FLIGHT_BYTES // 4
"""Of one source, so that slow bodies of one keep no other out."""
RETRY_S: Final = 1
WINDOW_S: Final = 10
"""A source's rate holds over so many seconds, so that batches fit into it."""


class InFlight:
    """The bytes of all requests that are being answered.

    Args:
        limit: Bytes.
        of_source: Bytes of one source.
    """

    def __init__(
        self, limit: int = MAX_IN_FLIGHT_BYTES, of_source: int = MAX_OF_SOURCE_BYTES
    ) -> None:
        self._limit, self._of_source = limit, of_source
        self._used = Counter[str]()

    @property
    def used(self) -> int:
        """Bytes of all sources."""
        return self._used.total()

    @contextmanager
    def share(self, source: str) -> Iterator[Callable[[int], None]]:
        """A function that takes bytes, or raises a ProblemError; all are given back in the end."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if self.used + size > self._limit:
                raise ProblemError("too-many", "too much is on its way to Kafka", RETRY_S)
            if self._used[source] + size > self._of_source:
                raise ProblemError("too-many", "too much of this source is on its way", RETRY_S)
            self._used[source] += size
            taken += size

        try:
            yield take
        finally:
            self._used[source] -= taken


class Rates:
    """What each source may still send in the present window, in this process."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def take(self, source: SourceEntry, messages: int) -> None:
        """Count messages of a source.

        Raises:
            ProblemError: They are more than its rate allows now.
        """
        if not source.http_rate:
            return
        allowed = int(source.http_rate * WINDOW_S)
        most = f"{number_of(allowed, 'message')} in {WINDOW_S} s"
        if messages > allowed:
            raise ProblemError("too-large", f"at most {most}: send smaller batches")
        window = RateLimitItemPerSecond(allowed, WINDOW_S)
        if not self._limiter.hit(window, source.name, cost=messages):
            reset_s = self._limiter.get_window_stats(window, source.name).reset_time
            left_s = reset_s - system_clock() / 1000
            raise ProblemError(
                "too-many",
                f"this source may send {most}",
                min(WINDOW_S, max(1, math.ceil(left_s))),
            )
