"""People who vote while somebody reads every publication of `open`."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import attacker
import numpy as np
from clickhouse_server import insert_consultation, insert_proposals, insert_votes

from pipelines.periodic.publish import publish

START_MS = 1_780_000_020_000 // 60_000 * 60_000
COUNTRIES = ("FR", "DE", "PL", "LU", "MT", "EE")
SHARES = (0.5, 0.3, 0.1, 0.04, 0.03, 0.03)
CHOICES = ("agree", "disagree", "neutral")


class Crowd:
    """People who vote, vote again, change their minds back, withdraw, move and troll."""

    def __init__(self, consultation: str, seed: int, proposals: tuple[str, ...]) -> None:
        self.consultation, self.proposals = consultation, proposals
        self.random = np.random.default_rng(seed)
        self.ballots: dict[tuple[str, int], dict[str, Any]] = {}
        self.minutes = defaultdict[tuple[str, int], list[tuple[int, int]]](list)
        self.ids: dict[tuple[str, int], int] = {}

    def vote(self, tick_ms: int, proposal: str, person: int, **changed: Any) -> dict[str, Any]:
        key = (proposal, person)
        self.ids.setdefault(key, len(self.ids))
        cast_ms = tick_ms - int(self.random.integers(1, 60_000))
        if self.random.random() < 0.05:  # it was long on its way
            cast_ms -= int(self.random.integers(0, 180 * 60_000))
        cast_ms = max(cast_ms, self.ballots.get(key, {}).get("cast_ms", 0) + 1)
        known = self.ballots.get(key, {"country": "FR", "trust": "trusted"})
        self.ballots[key] = known | changed | {
            "consultation_id": self.consultation, "proposal_id": proposal, "participant": person,
            "cast_ms": cast_ms,
        }  # fmt: skip
        self.minutes[key].append((tick_ms, cast_ms // 60_000))
        return self.ballots[key]

    def minute(self, tick_ms: int, rate: float) -> list[dict[str, Any]]:
        votes = []
        for proposal in self.proposals:
            votes += [
                self.vote(
                    tick_ms, proposal, len(self.ids),
                    choice=str(self.random.choice(CHOICES, p=(0.6, 0.3, 0.1))),
                    country=str(self.random.choice(COUNTRIES, p=SHARES)),
                    trust="troll" if self.random.random() < 0.1 else "trusted",
                )
                for _ in range(self.random.poisson(rate))
            ]  # fmt: skip
            for person in [p for q, p in self.ballots if q == proposal]:
                chance = self.random.random()
                if chance < 0.03:
                    choice = self.random.choice((*CHOICES, "withdrawn"), p=(0.4, 0.3, 0.1, 0.2))
                    votes.append(self.vote(tick_ms, proposal, person, choice=str(choice)))
                elif chance < 0.033:
                    country = str(self.random.choice(COUNTRIES))
                    votes.append(self.vote(tick_ms, proposal, person, country=country))
                elif chance < 0.035:
                    votes.append(self.vote(tick_ms, proposal, person, trust="troll"))
        return votes


Script = Callable[[Crowd, int, int], list[dict[str, Any]]]


def trickle(crowd: Crowd, n: int, tick_ms: int) -> list[dict[str, Any]]:
    """Three votes a minute on each proposal, and two peaks."""
    return crowd.minute(tick_ms, 30 if n in {4, 9} else 3)


def observe(
    clickhouse: Any, analyst: Any, name: str, *, script: Script = trickle, seed: int = 1,
    ticks: int = 10, proposals: tuple[str, ...] = ("p1",), first_ms: int = START_MS,
    look: Callable[[], object] | None = None,
) -> attacker.Observed:  # fmt: skip
    """The attacker's notes of a whole consultation; `look` is called after each publication."""
    crowd = Crowd(name, seed, proposals)
    insert_consultation(clickhouse, name)
    insert_proposals(clickhouse, name, list(proposals))
    times = [first_ms + n * 60_000 for n in range(ticks)]
    seen = attacker.Observed(ids=crowd.ids)
    for n, tick_ms in enumerate(times):
        votes = script(crowd, n, tick_ms)
        if votes:
            insert_votes(clickhouse, votes)
        publish(clickhouse, tick_ms)
        if look is not None:
            look()
        seen.numbers.append(attacker.read_open(analyst, name))
    seen.people += attacker.people_of(clickhouse, name, crowd.minutes, crowd.ids, times)
    return seen
