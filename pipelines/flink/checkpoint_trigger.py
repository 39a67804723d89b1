"""When the votes job takes a checkpoint: as often as it costs little.

Outputs become visible with a checkpoint, and each costs work: at full load it pays to let more
votes share a row of output. Flink itself knows only a fixed interval, so checkpoints are triggered
from here: the pause before one depends on what the last ones took, which grows with the load. While
nothing comes and nothing goes out there is nothing to make visible, and Flink's own are enough.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from statistics import median
from typing import Final

from confluent_kafka import KafkaException

from infra.flink.rest import FlinkRest
from schemas.topics import TopicPartition

PAUSE_PER_CHECKPOINT: Final = 2
"""A pause is so many times as long as checkpoints take."""
LATELY: Final = 3
"""The median of so many: one that meets a garbage collection says nothing about the load."""
MIN_PAUSE_S: Final = 0.25
POLL_S: Final = 0.03
POLLS: Final = 10
"""Polls get rarer: a tenth of the time so far lies between two."""

QUIET_S: Final = 3.0
"""The job is quiet when no partition that it reads or writes has grown for so long, s. What it has
not read by then, on a machine that is very busy, waits for Flink's own checkpoint."""

FLINKS_OWN: Final = 10
"""Flink's own interval, in longest pauses: for a quiet job, and a net should nobody trigger."""


def pause_s(took_s: Iterable[float], longest_s: float) -> float:
    """The pause after checkpoints that took so long, s."""
    return min(longest_s, max(MIN_PAUSE_S, PAUSE_PER_CHECKPOINT * median(took_s)))


class Stillness:
    """Whether a job has nothing to do.

    >>> now, log = [0.0], {("votes", 0): 5}
    >>> quiet = Stillness(lambda: dict(log), lambda: now[0])
    >>> now[0] = 2.9
    >>> quiet.lasts()
    False
    >>> now[0] = 5.9
    >>> quiet.lasts()
    True
    >>> log["votes", 0] = 6
    >>> quiet.lasts()
    False
    """

    def __init__(
        self,
        ends: Callable[[], dict[TopicPartition, int]],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with a job that is not quiet.

        Args:
            ends: Where the partitions end that the job reads and writes.
            clock_s: Monotonic, s.
        """
        self._ends, self._clock_s = ends, clock_s
        self._known: dict[TopicPartition, int] | None = None
        self.end()

    def end(self) -> None:
        """Something has happened that the ends do not tell."""
        self._since_s = self._clock_s()

    def lasts(self) -> bool:
        """Whether nothing has grown for `QUIET_S`; False while Kafka does not tell."""
        try:
            found = self._ends()
        except KafkaException:
            return False
        if found != self._known:
            self._known = found
            self.end()
        return self._clock_s() - self._since_s >= QUIET_S


def trigger_checkpoints(flink: FlinkRest, job: str, longest_s: float, quiet: Stillness) -> None:
    """Trigger one checkpoint after another, for ever, but while the job is quiet.

    Args:
        flink: While it does not answer it is asked again after a pause.
        job: Its id.
        longest_s: The longest pause, s.
        quiet: Of the job.
    """
    took_s = deque([0.0] * LATELY, LATELY)
    while True:
        time.sleep(pause_s(took_s, longest_s))
        # protects: a job at rest takes no checkpoints
        if quiet.lasts():
            continue
        began = time.monotonic()
        # A task that restores would refuse, which counts as a checkpoint that failed.
        # protects: checkpoints as often as they cost little
        attempt = flink.trigger_checkpoint(job) if flink.all_tasks_run(job) else ""
        while attempt and flink.checkpoint_is_pending(job, attempt):
            time.sleep(max(POLL_S, (time.monotonic() - began) / POLLS))
        if not attempt:
            quiet.end()
        took_s.append(time.monotonic() - began)
