"""Cutover: which epoch is active, so that no number steps back and none is half.

A new epoch that has everything of the active epoch's cut may still lag behind its newest rows,
which run ahead of cuts. So before the cutover the old epoch is frozen: its rows stand still, and
the votes that they may contain are those in the log at that moment. When the new epoch has all of
these, it becomes active.
"""

from dataclasses import dataclass, field
from typing import Final

from pipelines.sink.cuts import Cut
from schemas.topics import ACCEPTED_VOTES, TopicPartition

FREEZE_MS: Final = 30_000
"""A new epoch that has not got there by then has died: the old one goes on."""

FORGET_MS: Final = 60_000
"""A query that began before the cutover reads the former rows: longer than any may take."""


@dataclass(slots=True)
class Cutover:
    """Decides; the sink acts.

    Attributes:
        active: The active epoch; 0 before the first.
        frozen: Whether its rows stand still.
    """

    active: int
    frozen: bool = False
    _known: dict[int, Cut] = field(default_factory=dict)
    _goal: dict[int, int] = field(default_factory=dict)
    _since_ms: int = 0
    _forgotten: bool = False

    @property
    def min_epoch(self) -> int:
        """Records of epochs before it are not wanted."""
        return self.active + self.frozen

    def cut(self, cut: Cut) -> bool:
        """Take a cut; returns whether it says something new."""
        if cut.epoch < self.min_epoch or self._known.get(cut.epoch) == cut:
            return False
        self._known[cut.epoch] = cut
        return True

    def forget(self, epoch: int) -> None:
        """Never activate an epoch that was retired; the active one stays."""
        if epoch != self.active:
            self._known.pop(epoch, None)

    def step(self, ends: dict[TopicPartition, int], now_ms: int) -> bool:
        """Go one step; returns whether another epoch becomes the active one.

        Args:
            ends: Where the topics end, asked for after all rows were written that there are.
            now_ms: Of a clock that never steps back.
        """
        if self.active == 0 and self._known:
            # Whatever there is; what is further on follows by the rule for all.
            self.active = min(self._known)
            return True
        newest = max(self._known, default=0)
        current = self._known.get(self.active)
        if newest <= self.active or current is None:
            self.frozen = False
            return False
        new = self._known[newest]
        if not self.frozen:
            # After a freeze in vain, not before it has what that was for: its job may be dead.
            # protects: a new count becomes active only when it has passed the active one
            if new.reaches(current) and self._has_goal(new):
                # protects: before a cutover the old count is frozen
                self.frozen, self._since_ms = True, now_ms
                self._goal = {p: end for (t, p), end in ends.items() if t == ACCEPTED_VOTES.name}
            return False
        if self._has_goal(new):
            self.active, self.frozen, self._since_ms, self._forgotten = newest, False, now_ms, False
            return True
        self.frozen = now_ms - self._since_ms < FREEZE_MS
        return False

    def _has_goal(self, new: Cut) -> bool:
        return all(new.counted.get(p, 0) >= end for p, end in self._goal.items())

    def forget_former(self, now_ms: int) -> bool:
        """Whether it is time to remove the rows of former counts; says so once."""
        self._since_ms = self._since_ms or now_ms
        due = (
            self.active > 1
            and not self.frozen
            and not self._forgotten
            and now_ms - self._since_ms >= FORGET_MS
        )
        self._forgotten |= due
        return due
