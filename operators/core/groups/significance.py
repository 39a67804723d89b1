"""The verdict, in two parts: do people disagree more than by chance, and are they apart?

Clustering finds groups in anything, so two questions are asked, whatever it finds:

1. `dimensions`: how many components are greater than in 19 deals of the same ballots
   (`disagreement`)? A component is, if its share exceeds the deals' mean by `MIN_DEVIATIONS`
   standard deviations: all deals count, and no single odd one decides.
2. `separate`: is there a gap between groups (`separation`)? Its dip must be significant, and a
   share of the people that matters must stand apart.

The constants were chosen on simulated consultations and judged on others:
`python -m loadtests.evaluation groups`, docs/groups.md.
"""

from dataclasses import dataclass
from statistics import mean, stdev
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.disagreement import component_shares, dealt
from operators.core.groups.matrix import Opinions
from operators.core.groups.partition import grouped

RUNS: Final = 19
HOLDS_MS: Final = 3_600_000
"""A threshold is valid for so long, unless ballots have doubled meanwhile."""

MIN_DEVIATIONS: Final = 4
"""Standard deviations above the mean of the deals."""

MIN_DIP_ROOT: Final = 0.6
"""Of the dip times the root of the people. People spread evenly on a line or a square, seen from
twelve sides, exceed it less than once in 20 times (simulated, 50 to 1,000 people)."""

MIN_DIP: Final = 0.03
"""Share of the people who would have to move for the gap to close, whatever their number."""


def noise_share(opinions: Opinions, members: NDArray[np.intp], seed: int) -> float:
    """The share of the first component in one deal, without connection between proposals."""
    return float(component_shares(opinions, members, dealt(opinions, seed), 1)[0])


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a component's share must exceed.

    Attributes:
        mean: Of the first component's share in the deals.
        deviation: Its standard deviation.
        ballots: How many ballots there were.
        at_ms: When it was found, ms since 1970.
    """

    mean: float
    deviation: float
    ballots: int
    at_ms: int

    @property
    def share(self) -> float:
        """The least share that is more than chance."""
        return self.mean + MIN_DEVIATIONS * self.deviation


class Noise:
    """Finds the threshold of one consultation, a deal at a time, because one may take long."""

    def __init__(self, threshold: Threshold | None = None) -> None:
        self.threshold = threshold
        self._found: list[float] = []

    @property
    def unfinished(self) -> bool:
        """Whether some of the deals are done and others are not."""
        return bool(self._found)

    def due(self, ballots: int, now_ms: int) -> bool:
        """Whether `add` has something to do."""
        known = self.threshold
        return (
            self.unfinished
            or known is None
            or now_ms - known.at_ms >= HOLDS_MS
            or ballots >= 2 * known.ballots
        )

    def add(self, opinions: Opinions, now_ms: int) -> bool:
        """Do one deal; the seeds are 0 to 18. Returns whether there is a new threshold."""
        self._found.append(noise_share(opinions, grouped(opinions), seed=len(self._found)))
        if len(self._found) < RUNS:
            return False
        self.threshold = Threshold(
            mean(self._found), stdev(self._found), len(opinions.votes), now_ms
        )
        self._found = []
        return True


def dimensions(shares: NDArray[np.float64], threshold: Threshold | None) -> int | None:
    """How many components, from the first, are more than chance; None: not tested yet.

    >>> dimensions(np.array([0.3, 0.12, 0.1]), Threshold(0.1, 0.002, 900, 0))
    2
    """
    if threshold is None:
        return None
    return int(np.argmin([*(shares > threshold.share), False]))


def separate(gap: float, people: int) -> bool:
    """Whether a dip, of so many people, is a gap between groups.

    >>> separate(0.09, 300), separate(0.09, 30), separate(0.02, 3_000)
    (True, False, False)
    """
    return gap >= MIN_DIP and gap * people**0.5 >= MIN_DIP_ROOT


# protects: groups must be more than noise
SIGNIFICANT_SQL: Final = "(ifNull({dimensions}, 0) > 0)"
SEPARATE_SQL: Final = f"({{gap}} >= {MIN_DIP} AND {{gap}} * sqrt({{people}}) >= {MIN_DIP_ROOT})"
"""ClickHouse's `groups_significant`, and `separate` of significant groups."""
