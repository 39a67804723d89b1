"""Significance: are groups more than noise? They are compared with the same ballots, shuffled.

Clustering finds groups in anything. So the votes on each proposal are dealt anew, at random, among
those who voted on it: who voted on what and every proposal's result stay, and only the connection
between proposals is lost. Groups are significant if their silhouette is above that of each of 19
such runs: chance alone does that once in 20 times (B. Phipson, G. K. Smyth, "Permutation p-values
should never be zero", Statistical Applications in Genetics and Molecular Biology 9, 2010).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.matrix import Opinions
from operators.core.groups.partition import partition

RUNS: Final = 19
HOLDS_MS: Final = 3_600_000
"""A threshold is valid for so long, unless ballots have doubled meanwhile."""


def shuffled(opinions: Opinions, seed: int) -> NDArray[np.int8]:
    """The votes, dealt anew among the voters of each proposal, shape (ballots,)."""
    random = np.random.default_rng(seed)
    by_proposal = np.argsort(opinions.columns, kind="stable")
    ends = np.cumsum(np.bincount(opinions.columns, minlength=len(opinions.proposals)))
    dealt = opinions.votes[by_proposal]
    for voters in np.split(dealt, ends[:-1]):  # the parts are views: `dealt` is shuffled in place
        random.shuffle(voters)
    votes = np.empty_like(dealt)
    votes[by_proposal] = dealt
    return votes


def noise_silhouette(opinions: Opinions, seed: int) -> float:
    """The silhouette of one run without any connection between proposals."""
    return partition(opinions, shuffled(opinions, seed)).silhouette


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a silhouette must exceed.

    Attributes:
        silhouette: The greatest of the shuffled runs.
        ballots: How many ballots there were.
        at_ms: When it was found, ms since 1970.
    """

    silhouette: float
    ballots: int
    at_ms: int


class Noise:
    """Finds the threshold of one consultation, a run at a time, because a run may be long."""

    def __init__(self, threshold: Threshold | None = None) -> None:
        self.threshold = threshold
        self._found: list[float] = []

    @property
    def unfinished(self) -> bool:
        """Whether some of the runs are done and others are not."""
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
        """Do one run; the seeds are 0 to 18. Returns whether there is a new threshold."""
        self._found.append(noise_silhouette(opinions, seed=len(self._found)))
        if len(self._found) < RUNS:
            return False
        self.threshold = Threshold(max(self._found), len(opinions.votes), now_ms)
        self._found = []
        return True


def significant(silhouette: float, threshold: Threshold | None) -> bool:
    """Whether the groups are more than noise, by the newest threshold."""
    return threshold is not None and silhouette > threshold.silhouette


# protects: groups must be more than noise
SIGNIFICANT_SQL: Final = "({silhouette} > ifNull({noise}, 2))"
"""ClickHouse's `significant`; a silhouette is 1 at most."""
