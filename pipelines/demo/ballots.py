"""What the demo's participants last said, as far as they may say it again or take it back."""

from dataclasses import dataclass

from pipelines.demo.draws import take
from pipelines.demo.people import Participant

CHANGED = 0.5  # of the re-votes: with another choice
_KEPT = 65_536  # ballots that may be voted on again or withdrawn
_OTHER_CHOICES = {
    "agree": ("neutral", "disagree"),
    "disagree": ("neutral", "agree"),
    "neutral": ("agree", "disagree"),
}


@dataclass(slots=True)
class KeptBallot:
    """What a participant last said about a proposal, kept so that it can be changed."""

    participant: Participant
    proposal: int
    choice: str
    cast_ms: int

    def reconsider(self, opinion: float) -> None:
        """Change the choice, or leave it as it is."""
        if opinion < CHANGED:
            others = _OTHER_CHOICES[self.choice]
            self.choice = others[int(opinion / CHANGED * len(others))]

    def cast_again(self, at_ms: int) -> None:
        """Move the time on: a newer vote is at least a millisecond newer."""
        self.cast_ms = max(at_ms, self.cast_ms + 1)


class KeptBallots:
    """A bounded number of ballots; beyond it, new ones replace those that have been kept."""

    def __init__(self) -> None:
        self._kept: list[KeptBallot] = []
        self._next_slot = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, ballot: KeptBallot) -> None:
        """Keep a ballot."""
        if len(self._kept) < _KEPT:
            self._kept.append(ballot)
        else:
            self._kept[self._next_slot] = ballot
            self._next_slot = (self._next_slot + 1) % _KEPT

    def at(self, draw: float) -> KeptBallot:
        """Return the ballot that a draw falls on."""
        return self._kept[int(draw * len(self._kept))]

    def take(self, draw: float) -> KeptBallot:
        """Take the ballot that a draw falls on out for good."""
        return take(self._kept, draw)
