"""Whether a stage keeps up: what it does each second against what comes, and how long it needs."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from infra.clickhouse.operator_page import StagePosition

SPAN_S: Final = 60
"""Rates are those of the last minute, or of less where less was watched."""
MIN_SPAN_S: Final = 3
SMALL_LAG: Final = 1_000
"""Records that are on their way at any time."""


@dataclass(frozen=True, slots=True)
class StagePace:
    """A stage, and how fast it is.

    Attributes:
        position: How far it is.
        done_rate: Records a second that it has done; None: not watched for long enough.
        come_rate: Records a second that were added for it.
        catch_up_s: It will have done all in so long; 0: it keeps up; None: never, at this pace, or
            not known.
        lag_grows: More comes than it does.
    """

    position: StagePosition
    done_rate: float | None = None
    come_rate: float | None = None
    catch_up_s: float | None = None
    lag_grows: bool = False


@dataclass(slots=True)
class StageWatch:
    """Remembers a minute of positions."""

    _samples: dict[str, deque[tuple[datetime, int, int]]] = field(default_factory=dict)

    def seen(self, positions: Iterable[StagePosition]) -> list[StagePace]:
        """The stages with their rates, from this look and those before."""
        return [self._pace(position) for position in positions]

    def _pace(self, now: StagePosition) -> StagePace:
        samples = self._samples.setdefault(now.stage, deque())
        if samples and now.done < samples[-1][1]:
            samples.clear()  # another epoch counts from the beginning
        if not samples or samples[-1][0] < now.observed_at:
            samples.append((now.observed_at, now.done, now.lag))
        while (now.observed_at - samples[0][0]).total_seconds() > SPAN_S:
            samples.popleft()
        since, done, lag = samples[0]
        seconds = (now.observed_at - since).total_seconds()
        if seconds < MIN_SPAN_S:
            small = now.lag <= SMALL_LAG
            return StagePace(now, catch_up_s=0.0 if small else None)
        done_rate = (now.done - done) / seconds
        come_rate = max(0.0, done_rate + (now.lag - lag) / seconds)
        if now.lag <= max(SMALL_LAG, 2 * come_rate):
            return StagePace(now, done_rate, come_rate, 0.0)
        if done_rate <= come_rate:
            return StagePace(now, done_rate, come_rate, None, lag_grows=True)
        return StagePace(now, done_rate, come_rate, now.lag / (done_rate - come_rate))
