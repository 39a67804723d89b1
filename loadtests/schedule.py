"""Intended times: when each vote of a run is due, whatever the broker does."""

import numpy as np

from loadtests.workload import Workload
from pipelines.demo.traffic.draws import Floats, Numbers

_STEP_S = 0.001


class Schedule:
    """The course of one run: vote `n` is due at `times(n)` seconds after its start.

    Args:
        workload: Its profile, the corners of the rate, is stretched over the run.
        rate: Votes per second at factor 1.
        seconds: Length of the run.
    """

    def __init__(self, workload: Workload, rate: float, seconds: float) -> None:
        steps = max(int(seconds / _STEP_S), 1)
        self._grid = np.linspace(0.0, seconds, steps + 1)
        if workload.profile:
            length = workload.profile[-1].at_s
            factors = np.interp(
                self._grid * (length / seconds),
                [point.at_s for point in workload.profile],
                [point.factor for point in workload.profile],
            )
        else:
            factors = np.ones(steps + 1)
        per_step = (factors[1:] + factors[:-1]) / 2 * rate * (seconds / steps)
        self._due = np.concatenate([[0.0], np.cumsum(per_step)])
        self.votes = round(self._due[-1])

    def times(self, numbers: Numbers) -> Floats:
        """When these votes are due, seconds after the start."""
        found: Floats = np.interp(numbers, self._due, self._grid)
        return found

    def due(self, seconds: float) -> int:
        """How many votes are due so long after the start."""
        due: float = float(np.interp(seconds, self._grid, self._due))
        return int(min(due, self.votes))
