"""Who votes in the demo: people of many countries who come, vote some times, go and come back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import log1p

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.decks import DECKS
from pipelines.demo.draws import take
from pipelines.demo.opinions import CURRENTS, Cuts, profile
from pipelines.demo.traffic.draws import Shares

UNKNOWN_COUNTRY = 0.01  # of participants
TROLLS = 0.01  # of participants
RETURNS = 0.3  # of visits, by somebody who was here before
VOTES_PER_VISIT = 10
SEATS = 400  # people voting at the same time
_AWAY = 50_000  # people who may come back
_COUNTRY_FLATTENING = 0.75  # exponent on the population: Malta is small, not invisible
_TRUST = Shares({"trusted": 0.75, "sequence": 0.18, "segment": 0.07})
_SOURCES = Shares({"app": 0.45, "web": 0.40, "widget": 0.15})


@dataclass(slots=True)
class Participant:
    """Somebody who votes: who they are, and where they are in their deck."""

    participant_id: str
    country: str  # empty: not known
    cuts: list[tuple[float, float]]
    is_troll: bool
    deck: int
    shown: int = 0
    cards: list[int] = field(default_factory=list)  # of this visit, next one last
    trust: str = ""  # of this visit
    source: str = ""  # of this visit

    def choice(self, proposal: int, opinion: float) -> str:
        """Return what they say about a proposal."""
        agree_below, disagree_below = self.cuts[proposal]
        if opinion < agree_below:
            return "agree"
        return "disagree" if opinion < disagree_below else "neutral"


class People:
    """Everybody who takes part.

    Args:
        countries: Code to inhabitants.
        cuts: What people of each profile think of each proposal.
        decks: Orders in which proposals are shown.
        salt: Makes the ids of these people others than those of another campaign.
        draws: Eight uniform draws per visit.

    Attributes:
        seats: Those who vote now.
    """

    def __init__(
        self,
        countries: Mapping[str, int],
        cuts: Cuts,
        decks: NDArray[np.int64],
        salt: int,
        draws: Iterator[list[float]],
    ) -> None:
        flattened = {code: n**_COUNTRY_FLATTENING for code, n in countries.items()}
        unknown = UNKNOWN_COUNTRY / (1 - UNKNOWN_COUNTRY) * sum(flattened.values())
        self._homes = Shares({**flattened, "": unknown})
        self._cuts, self._decks = cuts, decks
        # Odd, so that multiplying by it gives every participant another id.
        self._id_factor = salt * 2 + 1
        self._came = 0
        self._draws = draws
        self._away: list[Participant] = []
        self.seats = [self._next_visitor() for _ in range(SEATS)]

    def leave(self, seat: int, which: float) -> None:
        """Give a seat to the next visitor; who leaves may come back, beyond a bound not all do."""
        if len(self._away) < _AWAY:
            self._away.append(self.seats[seat])
        else:
            self._away[int(which * _AWAY)] = self.seats[seat]
        self.seats[seat] = self._next_visitor()

    def _next_visitor(self) -> Participant:
        returns, which, country, current, trust, source, deck, length = next(self._draws)
        participant = take(self._away, which) if returns < RETURNS and self._away else None
        if participant is None or participant.shown == self._decks.shape[1]:
            participant = self._newcomer(country, current, which, deck)
        # Visits are of exponential length: many short ones, a few that last.
        cards = 1 + int(-log1p(-length) * (VOTES_PER_VISIT - 0.5))
        shown = participant.shown
        participant.cards = self._decks[participant.deck, shown : shown + cards].tolist()
        participant.shown += len(participant.cards)
        participant.trust = "troll" if participant.is_troll else _TRUST.name(trust)
        participant.source = _SOURCES.name(source)
        return participant

    def _newcomer(self, country: float, current: float, troll: float, deck: float) -> Participant:
        self._came += 1
        index = self._homes.number(country)
        is_troll = troll < TROLLS
        return Participant(
            participant_id=f"eu-{self._came * self._id_factor % (1 << 48):012x}",
            country=self._homes.names[index],
            cuts=self._cuts[-1 if is_troll else profile(index, int(current * CURRENTS))],
            is_troll=is_troll,
            deck=int(deck * DECKS),
        )
