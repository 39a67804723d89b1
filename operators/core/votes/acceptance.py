"""Acceptance: one message in, one record out, either accepted or a dead letter.

The accepted records hold no participant's or author's own id, and their JSON is made here alone:
that is why the sink may pass their bytes on without decoding them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from operators.core.votes.ballots import Origin, qualification_bits
from operators.core.votes.pseudonyms import Pseudonymise
from schemas.claims import claims
from schemas.dated_rules import NO_RULES, DatedRules, SentVote
from schemas.events import Consultation, Kind, Proposal
from schemas.rejections import Rejection
from schemas.signatures import Headers
from schemas.times import format_instant, parse_instant
from schemas.topics import ACCEPTED, DEAD_LETTERS, INPUT

_encode: Final = msgspec.json.encode


class IntakeRecord(NamedTuple):
    """A record to produce.

    Attributes:
        topic: Name of the topic.
        key: The record's key.
        value: The record's JSON.
        rejected: The reason of a dead letter; empty: the message was accepted.
    """

    topic: str
    key: bytes
    value: bytes
    rejected: str = ""


Accept = Callable[[bytes | None, Origin, Headers | None], IntakeRecord]
"""Payload, origin and headers of a message → its record."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Turns messages into records: a pure function of message, origin, rules and pseudonym key."""

    pseudonymise: Pseudonymise
    rules: DatedRules = NO_RULES

    def accept_vote(
        self, payload: bytes | None, origin: Origin, headers: Headers | None = None
    ) -> IntakeRecord:
        """The record for one message of the topic of votes."""
        vote = self.rules.read_vote(payload, origin.broker_ms, headers)
        if isinstance(vote, Rejection):
            return dead_letter("votes", payload, origin, vote, headers)
        return self._vote(vote, origin)

    def accept_proposal(
        self, payload: bytes | None, origin: Origin, headers: Headers | None = None
    ) -> IntakeRecord:
        """The record for one message of the topic of proposals."""
        proposal = self.rules.read_proposal(payload, origin.broker_ms, headers)
        if isinstance(proposal, Rejection):
            return dead_letter("proposals", payload, origin, proposal, headers)
        return self._proposal(
            proposal, origin, self.rules.sender(payload, origin.broker_ms, headers)
        )

    def accept_consultation(
        self, payload: bytes | None, origin: Origin, headers: Headers | None = None
    ) -> IntakeRecord:
        """The record for one message of the topic of consultations."""
        consultation = self.rules.read_consultation(payload, origin.broker_ms, headers)
        if isinstance(consultation, Rejection):
            return dead_letter("consultations", payload, origin, consultation, headers)
        return _consultation(
            consultation, origin, self.rules.sender(payload, origin.broker_ms, headers)
        )

    def by_topic(self) -> dict[str, Accept]:
        """The function for each input topic."""
        return {
            INPUT["votes"].name: self.accept_vote,
            INPUT["proposals"].name: self.accept_proposal,
            INPUT["consultations"].name: self.accept_consultation,
        }

    def _vote(self, sent: SentVote, origin: Origin) -> IntakeRecord:
        vote, cast_ms, source = sent
        pseudonym = self.pseudonymise(vote.consultation_id, vote.participant_id)
        # The rules allow no character in these strings that JSON would have to escape.
        partition, offset, broker_ms = origin
        value = (
            f'{{"consultation_id":"{vote.consultation_id}","proposal_id":"{vote.proposal_id}",'
            f'"participant":"{pseudonym}","country":"{vote.country}",'
            f'"choice":"{vote.choice}","trust":"{vote.trust}",'
            f'"qualifications":{qualification_bits(vote.qualifications)},"source":"{source}",'
            f'"cast_ms":{cast_ms},"origin_partition":{partition},'
            f'"origin_offset":{offset},"origin_ms":{broker_ms}}}'
        )
        return IntakeRecord(ACCEPTED["votes"].name, pseudonym.encode(), value.encode())

    def _proposal(self, proposal: Proposal, origin: Origin, source: str) -> IntakeRecord:
        author = (
            self.pseudonymise(proposal.consultation_id, proposal.author_id)
            if proposal.author_id
            else ""
        )
        value = {
            "consultation_id": proposal.consultation_id,
            "proposal_id": proposal.proposal_id,
            "text": proposal.text,
            "language": proposal.language,
            "country": proposal.country,
            "author": author,
            "status": proposal.status,
            "meta": proposal.meta,
            "submitted_ms": parse_instant(proposal.submitted_at),
            "source": source,
            **_origin(origin),
        }
        key = f"{proposal.consultation_id}/{proposal.proposal_id}"
        return IntakeRecord(ACCEPTED["proposals"].name, key.encode(), _encode(value))


def _consultation(consultation: Consultation, origin: Origin, source: str) -> IntakeRecord:
    value = {
        "consultation_id": consultation.consultation_id,
        "title": consultation.title,
        "countries": [entry.country for entry in consultation.countries],
        "weights": [entry.weight for entry in consultation.countries],
        "opens_ms": parse_instant(consultation.opens_at),
        "closes_ms": parse_instant(consultation.closes_at),
        "window_seconds": consultation.window_seconds,
        "rank_min_votes": consultation.rank_min_votes,
        "source": source,
        **_origin(origin),
    }
    key = consultation.consultation_id
    return IntakeRecord(ACCEPTED["consultations"].name, key.encode(), _encode(value))


def dead_letter(
    kind: Kind,
    payload: bytes | None,
    origin: Origin,
    rejection: Rejection,
    headers: Headers | None = None,
) -> IntakeRecord:
    """What is kept of a rejected message: its coordinates, the reason, and whose it says it is."""
    claimed = claims(kind, payload, headers, origin.broker_ms, rejection)
    value = {
        "topic": INPUT[kind].name,
        "partition": origin.partition,
        "offset": origin.offset,
        "received_at": format_instant(origin.broker_ms),
        "reason": rejection.reason,
        "field": rejection.field,
        "detail": rejection.detail,
        "bytes": len(payload or b""),
        **claimed._asdict(),
    }
    key = f"{INPUT[kind].name}/{origin.partition}/{origin.offset}"
    return IntakeRecord(DEAD_LETTERS.name, key.encode(), _encode(value), rejection.reason)


def _origin(origin: Origin) -> dict[str, int]:
    return {
        "origin_partition": origin.partition,
        "origin_offset": origin.offset,
        "origin_ms": origin.broker_ms,
    }
