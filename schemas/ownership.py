"""What a source may send: one source can neither change another's texts nor vote for its people."""

from collections.abc import Iterator
from typing import Final

from schemas.events import Consultation, Proposal, Vote
from schemas.rejections import Rejection
from schemas.sources import SourceEntry, matches, overlap

ANNOUNCED: Final = "a consultation that this source may announce"
SENT: Final = "a consultation of this source"


def ownership_fault(event: Vote | Proposal | Consultation, source: SourceEntry) -> Rejection | None:
    """Why a valid event is not this source's to send; None: it is."""
    return next(_faults(event, source), None)


def _faults(event: Vote | Proposal | Consultation, source: SourceEntry) -> Iterator[Rejection]:
    if isinstance(event, Consultation):
        if not matches(event.consultation_id, source.announces):
            yield Rejection("not_your_consultation", "consultation_id", ANNOUNCED)
        return
    if not matches(event.consultation_id, source.consultations):
        yield Rejection("not_your_consultation", "consultation_id", SENT)
    if event.country and source.countries and event.country not in source.countries:
        yield Rejection("not_your_country", "country", ", ".join(source.countries))
    yield from _vote(event, source) if isinstance(event, Vote) else _proposal(event, source)


def _proposal(proposal: Proposal, source: SourceEntry) -> Iterator[Rejection]:
    if not matches(proposal.proposal_id, source.proposals):
        yield Rejection("not_your_proposal", "proposal_id", ", ".join(source.proposals))


def _vote(vote: Vote, source: SourceEntry) -> Iterator[Rejection]:
    if not matches(vote.participant_id, source.participants):
        yield Rejection("not_your_participant", "participant_id", ", ".join(source.participants))
    if source.trust and vote.trust not in source.trust:
        yield Rejection("trust_not_allowed", "trust", ", ".join(source.trust))
    if vote.source and vote.source != source.name:
        yield Rejection("not_your_source", "source", f"{source.name}, or absent")


def conflicts(one: SourceEntry, other: SourceEntry) -> Iterator[str]:
    """What two sources could do to each other, each in a sentence's end."""
    if overlap(one.announces, other.announces):
        yield "announce the same consultations (--announces)"
    if overlap(one.consultations, other.consultations):
        if overlap(one.proposals, other.proposals):
            yield "change each other's proposals (--proposals)"
        if overlap(one.participants, other.participants):
            yield "vote for each other's participants (--participants)"
