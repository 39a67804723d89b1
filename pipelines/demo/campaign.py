"""The demo's campaign: a consultation, its proposals and an endless stream of votes.

Everything follows from the seed; the time is an argument. The stream has what real ones have:
people who come back, change their mind or take a vote back, clicks sent twice, phones that deliver
minutes later, trolls, and clients that send nonsense.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np

from pipelines.demo.ballots import KeptBallot, KeptBallots
from pipelines.demo.catalogue import consultation_event, proposal_events, submit
from pipelines.demo.corpus import read_corpus
from pipelines.demo.decks import shuffle
from pipelines.demo.draws import Draws
from pipelines.demo.opinions import choice_cuts
from pipelines.demo.people import SEATS, People
from pipelines.demo.traffic.draws import SLOTS, Shares, rows
from pipelines.demo.traffic.encoding import vote_beginning, vote_ending
from pipelines.demo.traffic.spoiled import SPOILERS
from pipelines.demo.traffic.statements import STATEMENTS, statement_table
from schemas.events import CHOICES
from schemas.times import format_instant

Kind = Literal["first", "revote", "withdrawal", "duplicate", "late", "bad"]

# Shares of the messages.
BAD = 0.003
DUPLICATES = 0.02
WITHDRAWALS = 0.01
REVOTES = 0.06
LATE = 0.05
QUALIFIED = 0.2  # of the votes with a choice
OUTDATED = 0.2  # of the late ones: a newer vote of the same ballot is already there

_RECENT = 512  # messages that may be sent twice
_KINDS = Shares(
    {
        "first": 1 - BAD - DUPLICATES - WITHDRAWALS - REVOTES - LATE,
        "revote": REVOTES,
        "late": LATE,
        "duplicate": DUPLICATES,
        "withdrawal": WITHDRAWALS,
        "bad": BAD,
    }
)
_VISITS, _MESSAGES = range(8), range(8, 14)  # streams of random numbers


@dataclass(frozen=True, slots=True)
class CampaignMessage:
    """One message for the votes topic, and what it stands for."""

    key: bytes
    value: bytes
    kind: Kind


class Campaign:
    """A consultation that never ends, the same for the same seed.

    Two campaigns of one seed send the same bytes when they are asked with the same times, however
    the counts are split into calls. Another seed means other people: start a second campaign of a
    consultation with another one, or its votes replace those of the first.

    Args:
        seed: What everything follows from.

    Attributes:
        ideas: Proposal id to the key of its idea; for tests, never sent.

    Example:
        >>> campaign = Campaign(seed=1)
        >>> [message.kind for message in campaign.messages(now_ms=1_741_000_000_000, count=3)]
        ['first', 'first', 'first']
    """

    def __init__(self, seed: int = 27) -> None:
        # One stream per question, so that a change to one part leaves the others as they were.
        order, opinions, popularity = (np.random.default_rng([seed, part]) for part in range(3))
        self._corpus = corpus = read_corpus()
        self._consultation_id = corpus.consultation["id"]
        self._proposals = proposals = submit(corpus, order)
        self._ids = [proposal.proposal_id for proposal in proposals]
        self.ideas = {proposal.proposal_id: proposal.text.idea.key for proposal in proposals}
        self._people = People(
            corpus.countries,
            cuts=choice_cuts([p.text.idea for p in proposals], len(corpus.countries), opinions),
            decks=shuffle([proposal.status for proposal in proposals], popularity),
            salt=int(order.integers(1 << 47)),
            draws=rows(seed, _VISITS),
        )
        self._draws = map(Draws._make, rows(seed, _MESSAGES))
        self._statements = [row.tobytes() for row in statement_table(QUALIFIED)]
        self._ballots = KeptBallots()
        self._recent: deque[CampaignMessage] = deque(maxlen=_RECENT)

    def consultation(self) -> dict[str, Any]:
        """Return the consultation's event."""
        return consultation_event(self._corpus)

    def proposals(self) -> list[dict[str, Any]]:
        """Return the proposals' events in the order of their submission."""
        return proposal_events(self._corpus, self._proposals)

    def liked(self) -> str:
        """The accepted proposal whose idea is liked most: what an attack is worth."""
        return max(
            (each for each in self._proposals if each.status == "accepted"),
            key=lambda each: (each.text.idea.agree, each.proposal_id),
        ).proposal_id

    def messages(self, now_ms: int, count: int) -> Iterator[CampaignMessage]:
        """Yield the next messages of the stream, cast in the second before `now_ms` or late.

        Args:
            now_ms: The time now, in milliseconds since 1970; later calls must not go back.
            count: How many; the stream stands where the last one taken from the iterator was.
        """
        for draws in islice(self._draws, count):
            message = self._message(now_ms, draws)
            if message.kind not in {"duplicate", "bad"}:
                self._recent.append(message)
            yield message

    def _message(self, now_ms: int, draws: Draws) -> CampaignMessage:
        """Make the next message; before there is a past, every one is a first vote."""
        match _KINDS.name(draws.what):
            case "bad":
                return self._bad(now_ms, draws)
            case "duplicate" if self._recent:
                sent = self._recent[int(draws.which * len(self._recent))]
                return CampaignMessage(sent.key, sent.value, "duplicate")
            case "withdrawal" if self._ballots:
                return self._withdrawal(now_ms, draws)
            case "revote" if self._ballots:
                return self._revote(now_ms, draws)
            case "late" if self._ballots:
                return self._late(now_ms, draws)
        return self._first(now_ms - draws.jitter_ms(), draws, "first")

    def _first(self, cast_ms: int, draws: Draws, kind: Kind) -> CampaignMessage:
        """Let somebody vote on the next proposal they are shown."""
        seat = int(draws.who * SEATS)
        participant = self._people.seats[seat]
        proposal = participant.cards.pop()
        choice = participant.choice(proposal, draws.opinion)
        ballot = KeptBallot(participant, proposal, choice, cast_ms)
        self._ballots.add(ballot)
        message = self._vote(ballot, draws, kind)
        if not participant.cards:
            self._people.leave(seat, draws.which)
        return message

    def _revote(self, now_ms: int, draws: Draws) -> CampaignMessage:
        """Vote again on a proposal, with another choice or the same."""
        ballot = self._ballots.at(draws.which)
        ballot.reconsider(draws.opinion)
        ballot.cast_again(now_ms - draws.jitter_ms())
        return self._vote(ballot, draws, "revote")

    def _withdrawal(self, now_ms: int, draws: Draws) -> CampaignMessage:
        """Take a ballot back for good."""
        ballot = self._ballots.take(draws.which)
        ballot.choice = "withdrawn"
        ballot.cast_again(now_ms - draws.jitter_ms())
        return self._vote(ballot, draws, "withdrawal")

    def _late(self, now_ms: int, draws: Draws) -> CampaignMessage:
        """Deliver a vote minutes after it was cast, sometimes after a newer one of its sender."""
        if draws.which >= OUTDATED:
            return self._first(now_ms - draws.delay_ms(), draws, "late")
        newer = self._ballots.at(draws.which / OUTDATED)
        choice = newer.participant.choice(newer.proposal, draws.opinion)
        cast_ms = newer.cast_ms - draws.delay_ms()
        older = KeptBallot(newer.participant, newer.proposal, choice, cast_ms)
        return self._vote(older, draws, "late")

    def _bad(self, now_ms: int, draws: Draws) -> CampaignMessage:
        participant = self._people.seats[int(draws.who * SEATS)]
        vote: dict[str, object] = {
            "consultation_id": self._consultation_id,
            "proposal_id": self._ids[int(draws.which * len(self._ids))],
            "participant_id": participant.participant_id,
            "choice": "agree",
            "cast_at": format_instant(now_ms),
        }
        value = SPOILERS[int(draws.opinion * len(SPOILERS))].spoil(vote, now_ms)
        return CampaignMessage(participant.participant_id.encode(), value, "bad")

    def _vote(self, ballot: KeptBallot, draws: Draws, kind: Kind) -> CampaignMessage:
        participant = ballot.participant
        row = self._statements[CHOICES.index(ballot.choice)]
        statement = STATEMENTS[row[int(draws.more * SLOTS)]]
        value = vote_beginning(
            self._consultation_id,
            self._ids[ballot.proposal],
            participant.participant_id,
            participant.country,
            participant.source,
            format_instant(ballot.cast_ms),
        ) + vote_ending(statement.choice, statement.qualifications, participant.trust)
        return CampaignMessage(participant.participant_id.encode(), value.encode(), kind)
