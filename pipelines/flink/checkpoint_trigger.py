"""When the votes job takes a checkpoint: as often as it costs little.

Outputs become visible with a checkpoint, and each costs work: at full load it pays to let more
votes share a row of output. Flink itself knows only a fixed interval, so checkpoints are triggered
from here: the pause before one depends on what the last ones took, which grows with the load.
"""

import time
from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import Final

from infra.flink.rest import FlinkRest

PAUSE_PER_CHECKPOINT: Final = 2
"""A pause is so many times as long as checkpoints take."""
LATELY: Final = 3
"""The median of so many: one that meets a garbage collection says nothing about the load."""
MIN_PAUSE_S: Final = 0.25
POLL_S: Final = 0.03
POLLS: Final = 10
"""Polls get rarer: a tenth of the time so far lies between two."""

FLINKS_OWN: Final = 10
"""Flink's own interval, in longest pauses: a net, should nobody trigger checkpoints any more."""


def pause_s(took_s: Iterable[float], longest_s: float) -> float:
    """The pause after checkpoints that took so long, s."""
    return min(longest_s, max(MIN_PAUSE_S, PAUSE_PER_CHECKPOINT * median(took_s)))


def trigger_checkpoints(flink: FlinkRest, job: str, longest_s: float) -> None:
    """Trigger one checkpoint after another, for ever.

    Args:
        flink: While it does not answer it is asked again after a pause.
        job: Its id.
        longest_s: The longest pause, s.
    """
    took_s = deque([0.0] * LATELY, LATELY)
    while True:
        time.sleep(pause_s(took_s, longest_s))
        began = time.monotonic()
        # A task that restores would refuse, which counts as a checkpoint that failed.
        # protects: checkpoints as often as they cost little
        attempt = flink.trigger_checkpoint(job) if flink.all_tasks_run(job) else ""
        while attempt and flink.checkpoint_is_pending(job, attempt):
            time.sleep(max(POLL_S, (time.monotonic() - began) / POLLS))
        took_s.append(time.monotonic() - began)
