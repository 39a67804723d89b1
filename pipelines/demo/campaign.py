"""The demo's campaign: a consultation, its proposals and an endless stream of votes.

Everything follows from the seed; the time is an argument. The stream has what real ones have:
people who come back, change their mind or take a vote back, clicks sent twice, phones that deliver
minutes later, trolls, and clients that send nonsense.
"""

from bisect import bisect
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, islice
from math import log1p
from typing import Any, Literal, NamedTuple

import numpy as np

from pipelines.demo.corpus import Text, read_corpus
from pipelines.demo.opinions import CURRENTS, choice_cuts, profile
from pipelines.demo.spoiled import SPOILERS

Kind = Literal["first", "revote", "withdrawal", "duplicate", "late", "bad"]

# Shares of the messages.
BAD = 0.003
DUPLICATES = 0.02
WITHDRAWALS = 0.01
REVOTES = 0.06
CHANGED = 0.5  # of the re-votes: with another choice
LATE = 0.05
OUTDATED = 0.2  # of the late ones: a newer vote of the same ballot is already there

UNKNOWN_COUNTRY = 0.01  # of participants
TROLLS = 0.01  # of participants
RETURNS = 0.3  # of visits, by somebody who was here before
VOTES_PER_VISIT = 10
PENDING = 5  # proposals still waiting for a moderator

_COUNTRY_FLATTENING = 0.75  # exponent on the population: Malta is small, not invisible
_POPULARITY_EXPONENT = 0.8  # Zipf-like; the offset keeps the first from taking everything
_POPULARITY_OFFSET = 6
_JITTER_MS = 1_000
_LATE_FROM_MS = 60_000
_LATE_SPAN_MS = 19 * 60_000
_SUBMISSIONS_LAST = timedelta(days=30)
_AUTHORS_PER_COUNTRY = 12

_SEATS = 400  # people voting at the same time
_AWAY = 50_000  # people who may come back
_BALLOTS = 65_536  # ballots that may be voted on again or withdrawn
_RECENT = 512  # messages that may be sent twice
_DECKS = 4_096  # orders in which a participant is shown the proposals
_BLOCK = 4_096  # rows of random numbers drawn at once

_KINDS = (
    ("first", 1 - BAD - DUPLICATES - WITHDRAWALS - REVOTES - LATE),
    ("revote", REVOTES),
    ("late", LATE),
    ("duplicate", DUPLICATES),
    ("withdrawal", WITHDRAWALS),
    ("bad", BAD),
)
_TRUST = (("trusted", 0.75), ("sequence", 0.18), ("segment", 0.07))
_SOURCES = (("app", 0.45), ("web", 0.40), ("widget", 0.15))
# Of 100 ballots with a choice, 20 carry qualifications.
_QUALIFICATIONS = {
    "agree": (("likeIt",) * 8, ("doable",) * 7, ("platitudeAgree",) * 2, ("likeIt,doable",) * 3),
    "disagree": (
        ("noWay",) * 8,
        ("impossible",) * 6,
        ("platitudeDisagree",) * 3,
        ("noWay,impossible",) * 3,
    ),
    "neutral": (("doNotUnderstand",) * 6, ("noOpinion",) * 9, ("doNotCare",) * 5),
    "withdrawn": (),
}
_OTHER_CHOICES = {
    "agree": ("neutral", "disagree"),
    "disagree": ("neutral", "agree"),
    "neutral": ("agree", "disagree"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message for the votes topic, and what it stands for."""

    key: bytes
    value: bytes
    kind: Kind


class _Draws(NamedTuple):
    """The random numbers, from 0 to 1, behind one message."""

    what: float
    who: float
    which: float
    opinion: float
    more: float
    when: float

    def jitter_ms(self) -> int:
        return int(self.when * _JITTER_MS)

    def delay_ms(self) -> int:
        return _LATE_FROM_MS + int(self.when * _LATE_SPAN_MS)


@dataclass(slots=True)
class _Participant:
    """Somebody who votes: who they are, and where they are in their deck."""

    participant_id: str
    identity: str  # participant and country as JSON members
    cuts: list[tuple[float, float]]
    is_troll: bool
    deck: int
    shown: int = 0
    cards: tuple[int, ...] = ()  # of this visit, next one last
    channel: str = ""  # trust and source of this visit as JSON members


@dataclass(slots=True)
class _Ballot:
    """What a participant last said about a proposal."""

    participant: _Participant
    proposal: int
    choice: str
    cast_ms: int


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
        corpus = read_corpus()
        # One stream per question, so that a change to one part leaves the others as they were.
        order, opinions, popularity, visits, votes = (
            np.random.default_rng([seed, part]) for part in range(5)
        )
        self._consultation = corpus.consultation
        self._countries = corpus.countries
        self._texts = [corpus.texts[i] for i in np.argsort(order.random(len(corpus.texts)))]
        self._ids = [f"p-{number:03d}" for number in range(1, len(self._texts) + 1)]
        self._authors = order.random(len(self._texts)).tolist()
        self._status = _statuses(self._texts)
        self.ideas = {
            proposal_id: text.idea.key
            for proposal_id, text in zip(self._ids, self._texts, strict=True)
        }

        self._cuts = choice_cuts(
            [text.idea for text in self._texts], len(self._countries), opinions
        )
        self._decks = _decks(self._status, popularity)
        self._country_codes = list(self._countries)
        flattened = [inhabitants**_COUNTRY_FLATTENING for inhabitants in self._countries.values()]
        known = (1 - UNKNOWN_COUNTRY) / sum(flattened)
        self._country_bounds = list(accumulate(known * share for share in flattened))

        # Odd, so that multiplying by it gives every participant another id.
        self._id_factor = int(order.integers(1 << 47)) * 2 + 1
        self._participants = 0
        self._visit_draws = _rows(visits, 8)
        self._vote_draws = _rows(votes, len(_Draws._fields))
        self._away: list[_Participant] = []
        self._seats = [self._next_visitor() for _ in range(_SEATS)]
        self._ballots: list[_Ballot] = []
        self._next_slot = 0
        self._recent: deque[Message] = deque(maxlen=_RECENT)

    def consultation(self) -> dict[str, Any]:
        """Return the consultation's event."""
        written = self._consultation
        return {
            "consultation_id": written["id"],
            "title": written["title"],
            "countries": [
                {"country": country, "weight": weight}
                for country, weight in self._countries.items()
            ],
            "opens_at": written["opens_at"],
            "window_seconds": written["window_seconds"],
            "rank_min_votes": written["rank_min_votes"],
        }

    def proposals(self) -> list[dict[str, Any]]:
        """Return the proposals' events in the order of their submission."""
        opens_at = datetime.fromisoformat(self._consultation["opens_at"])
        step = _SUBMISSIONS_LAST / len(self._texts)
        return [
            {
                "consultation_id": self._consultation["id"],
                "proposal_id": proposal_id,
                "text": text.text,
                "language": text.language,
                "country": text.country,
                "author_id": f"author-{text.country}-{int(author * _AUTHORS_PER_COUNTRY):02d}",
                "status": status,
                "submitted_at": _iso(int((opens_at + number * step).timestamp() * 1000)),
            }
            for number, (proposal_id, text, author, status) in enumerate(
                zip(self._ids, self._texts, self._authors, self._status, strict=True)
            )
        ]

    def messages(self, now_ms: int, count: int) -> Iterator[Message]:
        """Yield the next messages of the stream, cast in the second before `now_ms` or late.

        Args:
            now_ms: The time now, in milliseconds since 1970; later calls must not go back.
            count: How many; the stream stands where the last one taken from the iterator was.
        """
        for row in islice(self._vote_draws, count):
            message = self._message(now_ms, _Draws._make(row))
            if message.kind not in {"duplicate", "bad"}:
                self._recent.append(message)
            yield message

    def _message(self, now_ms: int, draws: _Draws) -> Message:
        """Make the next message; before there is a past, every one is a first vote."""
        match _pick(_KINDS, draws.what):
            case "bad":
                return self._bad(now_ms, draws)
            case "duplicate" if self._recent:
                sent = self._recent[int(draws.which * len(self._recent))]
                return Message(sent.key, sent.value, "duplicate")
            case "withdrawal" if self._ballots:
                return self._withdrawal(now_ms, draws)
            case "revote" if self._ballots:
                return self._revote(now_ms, draws)
            case "late" if self._ballots:
                return self._late(now_ms, draws)
        return self._first(now_ms - draws.jitter_ms(), draws, "first")

    def _first(self, cast_ms: int, draws: _Draws, kind: Kind) -> Message:
        """Let somebody vote on the next proposal they are shown."""
        seat = int(draws.who * _SEATS)
        participant = self._seats[seat]
        proposal = participant.cards[-1]
        participant.cards = participant.cards[:-1]
        choice = _choice(participant, proposal, draws.opinion)
        ballot = _Ballot(participant, proposal, choice, cast_ms)
        message = self._vote(ballot, draws, kind)
        if not participant.cards:
            self._leave(participant, draws.which)
            self._seats[seat] = self._next_visitor()
        if len(self._ballots) < _BALLOTS:
            self._ballots.append(ballot)
        else:
            self._ballots[self._next_slot] = ballot
            self._next_slot = (self._next_slot + 1) % _BALLOTS
        return message

    def _revote(self, now_ms: int, draws: _Draws) -> Message:
        """Vote again on a proposal, with another choice or the same."""
        ballot = self._ballots[int(draws.which * len(self._ballots))]
        if draws.opinion < CHANGED:
            others = _OTHER_CHOICES[ballot.choice]
            ballot.choice = others[int(draws.opinion / CHANGED * len(others))]
        ballot.cast_ms = max(now_ms - draws.jitter_ms(), ballot.cast_ms + 1)
        return self._vote(ballot, draws, "revote")

    def _withdrawal(self, now_ms: int, draws: _Draws) -> Message:
        """Take a ballot back for good."""
        index = int(draws.which * len(self._ballots))
        self._ballots[index], self._ballots[-1] = self._ballots[-1], self._ballots[index]
        ballot = self._ballots.pop()
        ballot.choice = "withdrawn"
        ballot.cast_ms = max(now_ms - draws.jitter_ms(), ballot.cast_ms + 1)
        return self._vote(ballot, draws, "withdrawal")

    def _late(self, now_ms: int, draws: _Draws) -> Message:
        """Deliver a vote minutes after it was cast, sometimes after a newer one of its sender."""
        if draws.which >= OUTDATED:
            return self._first(now_ms - draws.delay_ms(), draws, "late")
        newer = self._ballots[int(draws.which / OUTDATED * len(self._ballots))]
        choice = _choice(newer.participant, newer.proposal, draws.opinion)
        cast_ms = newer.cast_ms - draws.delay_ms()
        return self._vote(
            _Ballot(newer.participant, newer.proposal, choice, cast_ms), draws, "late"
        )

    def _bad(self, now_ms: int, draws: _Draws) -> Message:
        participant = self._seats[int(draws.who * _SEATS)]
        vote: dict[str, object] = {
            "consultation_id": self._consultation["id"],
            "proposal_id": self._ids[int(draws.which * len(self._ids))],
            "participant_id": participant.participant_id,
            "choice": "agree",
            "cast_at": _iso(now_ms),
        }
        value = SPOILERS[int(draws.opinion * len(SPOILERS))].spoil(vote, now_ms)
        return Message(participant.participant_id.encode(), value, "bad")

    def _vote(self, ballot: _Ballot, draws: _Draws, kind: Kind) -> Message:
        participant = ballot.participant
        value = (
            f'{{"consultation_id":"{self._consultation["id"]}",'
            f'"proposal_id":"{self._ids[ballot.proposal]}",'
            f'{participant.identity},"choice":"{ballot.choice}"'
            f"{_QUALIFIED[ballot.choice][int(draws.more * 100)]},"
            f'{participant.channel},"cast_at":"{_iso(ballot.cast_ms)}"}}'
        )
        return Message(participant.participant_id.encode(), value.encode(), kind)

    def _leave(self, participant: _Participant, which: float) -> None:
        """Let somebody go, to come back perhaps; beyond the bound somebody is forgotten."""
        if len(self._away) < _AWAY:
            self._away.append(participant)
        else:
            self._away[int(which * _AWAY)] = participant

    def _next_visitor(self) -> _Participant:
        returns, which, country, current, trust, source, deck, length = next(self._visit_draws)
        participant = None
        if returns < RETURNS and self._away:
            index = int(which * len(self._away))
            self._away[index], self._away[-1] = self._away[-1], self._away[index]
            participant = self._away.pop()
        if participant is None or participant.shown == self._decks.shape[1]:
            participant = self._newcomer(country, current, which, deck)
        # Visits are of exponential length: many short ones, a few that last.
        cards = 1 + int(-log1p(-length) * (VOTES_PER_VISIT - 0.5))
        shown = participant.shown
        participant.cards = tuple(self._decks[participant.deck, shown : shown + cards].tolist())
        participant.shown += len(participant.cards)
        level = "troll" if participant.is_troll else _pick(_TRUST, trust)
        participant.channel = f'"trust":"{level}","source":"{_pick(_SOURCES, source)}"'
        return participant

    def _newcomer(self, country: float, current: float, troll: float, deck: float) -> _Participant:
        self._participants += 1
        participant_id = f"eu-{self._participants * self._id_factor % (1 << 48):012x}"
        index = bisect(self._country_bounds, country)
        is_known = index < len(self._country_codes)
        is_troll = troll < TROLLS
        return _Participant(
            participant_id=participant_id,
            identity=f'"participant_id":"{participant_id}"'
            + (f',"country":"{self._country_codes[index]}"' if is_known else ""),
            cuts=self._cuts[-1 if is_troll else profile(index, int(current * CURRENTS))],
            is_troll=is_troll,
            deck=int(deck * _DECKS),
        )


def _statuses(texts: list[Text]) -> list[str]:
    """Return the status of each proposal: as written, but the last ones still wait."""
    waiting = [number for number, text in enumerate(texts) if text.idea.status == "accepted"]
    return [
        "pending" if number in waiting[-PENDING:] else text.idea.status
        for number, text in enumerate(texts)
    ]


def _decks(status: list[str], rng: np.random.Generator) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return orders in which proposals are shown: popular ones tend to come first.

    Weighted sampling without replacement: sort by an exponential draw divided by the weight
    (Efraimidis and Spirakis, 2006). Nobody sees pending proposals; refused ones come up rarely,
    as when people voted before the moderator looked.
    """
    shown = np.array([number for number, word in enumerate(status) if word != "pending"])
    refused = np.array([status[number] == "refused" for number in shown])
    place = np.argsort(np.argsort(rng.random(len(shown)) + refused))
    weight = (place + _POPULARITY_OFFSET) ** -_POPULARITY_EXPONENT
    order = np.argsort(-np.log1p(-rng.random((_DECKS, len(shown)))) / weight, axis=1)
    return shown[order]


def _rows(rng: np.random.Generator, width: int) -> Iterator[list[float]]:
    """Yield rows of uniform draws for ever; drawn in blocks, the numbers do not depend on it."""
    while True:
        yield from rng.random((_BLOCK, width)).tolist()


def _choice(participant: _Participant, proposal: int, opinion: float) -> str:
    agree_below, disagree_below = participant.cuts[proposal]
    if opinion < agree_below:
        return "agree"
    return "disagree" if opinion < disagree_below else "neutral"


def _pick(shares: tuple[tuple[str, float], ...], draw: float) -> str:
    for name, share in shares:
        if draw < share:
            return name
        draw -= share
    return shares[-1][0]


def _iso(ms: int) -> str:
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=8_192)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _member(names: str) -> str:
    return ',"qualifications":["' + names.replace(",", '","') + '"]'


# The JSON member for each of 100 draws, mostly none.
_QUALIFIED = {
    choice: [_member(names) for group in groups for names in group] + [""] * 100
    for choice, groups in _QUALIFICATIONS.items()
}
