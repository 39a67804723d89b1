"""The dated rules of an installation, and the verdict that they give with the rules of all.

Intake, the HTTP intake, the recount, replays and checks before sending ask here and nowhere else.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, get_args

from schemas.closings import Closings
from schemas.events import Consultation, Kind, Proposal, Vote
from schemas.ownership import ownership_fault
from schemas.rejections import Rejection
from schemas.rules import (
    Validator,
    read_vote,
    validate_consultation,
    validate_proposal,
)
from schemas.signatures import Headers
from schemas.sources import SourceEntry, Sources
from schemas.trust import TrustRules

NO_SOURCES: Final = Sources()
NO_CLOSINGS: Final = Closings()

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Event = Vote | Proposal | Consultation


class SentVote(NamedTuple):
    """A valid vote, when it was cast, ms since 1970, and the source it is known to come from.

    `source`: as the vote names it, or the source that has signed it; empty: neither.
    """

    vote: Vote
    cast_ms: int
    source: str


@dataclass(frozen=True, slots=True)
class DatedRules:
    """Trust rules, sources and closings; without any, everybody may always send everything.

    Attributes:
        trust: Which source may set which trust; None: each any.
        sources: Who may send what.
        closings: When which consultation takes no votes.
    """

    trust: TrustRules | None = None
    sources: Sources = NO_SOURCES
    closings: Closings = NO_CLOSINGS

    def read_vote(
        self, payload: bytes | None, broker_ms: int, headers: Headers | None = None
    ) -> SentVote | Rejection:
        """Decide on one vote.

        Args:
            payload: The message's value as received; None is a Kafka tombstone.
            broker_ms: The broker's append time, milliseconds since 1970.
            headers: Of the message.
        """
        sender = self.sources.sender(payload, headers, broker_ms)
        if isinstance(sender, Rejection):
            return sender
        name = sender.name if sender else ""
        found = read_vote(payload, broker_ms, self.trust, name)
        if isinstance(found, Rejection):
            return found
        vote, cast_ms = found
        fault = self._owned(vote, sender, broker_ms) or self.closings.fault(
            vote.consultation_id, cast_ms, broker_ms
        )
        return fault or SentVote(vote, cast_ms, vote.source or name)

    def read_proposal(
        self, payload: bytes | None, broker_ms: int, headers: Headers | None = None
    ) -> Proposal | Rejection:
        """Decide on one proposal; arguments as for `read_vote`."""
        sender = self.sources.sender(payload, headers, broker_ms)
        if isinstance(sender, Rejection):
            return sender
        proposal = validate_proposal(payload, broker_ms)
        if isinstance(proposal, Rejection):
            return proposal
        return self._owned(proposal, sender, broker_ms) or proposal

    def read_consultation(
        self, payload: bytes | None, broker_ms: int, headers: Headers | None = None
    ) -> Consultation | Rejection:
        """Decide on one consultation; arguments as for `read_vote`."""
        sender = self.sources.sender(payload, headers, broker_ms)
        if isinstance(sender, Rejection):
            return sender
        consultation = validate_consultation(payload, broker_ms)
        if isinstance(consultation, Rejection):
            return consultation
        return self._owned(consultation, sender, broker_ms) or consultation

    def sender(self, payload: bytes | None, broker_ms: int, headers: Headers | None = None) -> str:
        """The source that has signed an accepted message; empty: nobody has."""
        found = self.sources.sender(payload, headers, broker_ms)
        return found.name if isinstance(found, SourceEntry) else ""

    def validate(
        self, kind: Kind, payload: bytes | None, broker_ms: int, headers: Headers | None = None
    ) -> Event | Rejection:
        """Decide on one message; arguments as for `read_vote`."""
        if kind == "proposals":
            return self.read_proposal(payload, broker_ms, headers)
        if kind == "consultations":
            return self.read_consultation(payload, broker_ms, headers)
        found = self.read_vote(payload, broker_ms, headers)
        return found if isinstance(found, Rejection) else found.vote

    def validate_sent_by(
        self, source: SourceEntry, kind: Kind, payload: bytes | None, now_ms: int
    ) -> Event | Rejection:
        """Decide on a message of a known source as though messages had to be signed.

        `now_ms`: when the broker would receive it, milliseconds since 1970.
        """
        event: Event | Rejection
        if kind == "votes":
            found = read_vote(payload, now_ms, self.trust, source.name)
            if isinstance(found, Rejection):
                return found
            event, cast_ms = found
            return (
                ownership_fault(event, source)
                or self.closings.fault(event.consultation_id, cast_ms, now_ms)
                or event
            )
        if kind == "proposals":
            event = validate_proposal(payload, now_ms)
        else:
            event = validate_consultation(payload, now_ms)
        return event if isinstance(event, Rejection) else ownership_fault(event, source) or event

    def validators(self, source: SourceEntry | None = None) -> dict[Kind, Validator]:
        """The validator of each kind of event, for what a source, or nobody known, would send."""
        if source is None:
            return {kind: partial(self.validate, kind) for kind in KINDS}
        return {kind: partial(self.validate_sent_by, source, kind) for kind in KINDS}

    def _owned(self, event: Event, sender: SourceEntry | None, broker_ms: int) -> Rejection | None:
        """Where messages must be signed, whether it is the sender's to send."""
        if sender is None or not self.sources.signed(broker_ms):
            return None
        return ownership_fault(event, sender)


NO_RULES: Final = DatedRules()
"""Everybody may send everything."""
