"""The ballot: which of a participant's votes on a proposal counts.

The current ballot of (consultation, proposal, participant) is the valid vote with the greatest
(cast instant, origin partition, origin offset), compared as numbers. The greatest of a set does
not depend on the order or the number of times its members arrive, so duplicates, disorder,
replays and deliveries twice all give one answer.

Flink states the same rule in `operators/flink/votes.py`, ClickHouse in `tutti.ballots`.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from schemas.events import QUALIFICATION_BITS, Vote
from schemas.times import parse_instant

MINUTE_MS: Final = 60_000


class Origin(NamedTuple):
    """Where a message stands in its input topic, and when the broker appended it."""

    partition: int
    offset: int
    broker_ms: int


class Ballot(NamedTuple):
    """A vote as it is counted. The first three fields rank it; the greatest is current."""

    cast_ms: int
    origin_partition: int
    origin_offset: int
    choice: str
    country: str
    trust: str
    qualifications: int

    @property
    def counts(self) -> bool:
        """Whether the ballot is counted: a withdrawal ranks like any vote but counts nowhere."""
        return self.choice != "withdrawn"

    @property
    def minute(self) -> int:
        """The minute of `cast_ms`, in minutes since 1970."""
        return self.cast_ms // MINUTE_MS


@lru_cache(maxsize=512)
def qualification_bits(names: tuple[str, ...]) -> int:
    """The bits of known qualifications; one named twice counts once.

    >>> qualification_bits(("likeIt", "doable"))
    3
    """
    bits = 0
    for name in names:
        bits |= QUALIFICATION_BITS[name]
    return bits


def ballot_of(vote: Vote, origin: Origin) -> Ballot:
    """The ballot of an accepted vote.

    >>> vote = Vote("c", "p", "alice", "agree", "2026-05-01T12:00:00Z", qualifications=("doable",))
    >>> ballot_of(vote, Origin(0, 7, 1_777_636_800_000)).qualifications
    2
    """
    cast_ms = parse_instant(vote.cast_at)
    if cast_ms is None:
        raise ValueError("an accepted vote has a valid cast_at: validate it first")
    return Ballot(
        cast_ms,
        origin.partition,
        origin.offset,
        vote.choice,
        vote.country,
        vote.trust,
        qualification_bits(vote.qualifications),
    )
