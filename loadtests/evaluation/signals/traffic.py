"""Simulated minutes of a consultation: honest traffic by hour, country and proposal, and attacks.

A proposal is liked more in one country than in another, and goes up and down from hour to hour
(lognormal); ballots of a minute are Poisson around that. Attacks are added to them.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from clickhouse_connect.driver.client import Client
from numpy.typing import NDArray

from infra.clickhouse.tables import insert_columns
from operators.core.votes.tally import COUNTERS

Counts = NDArray[np.int64]

COUNTRIES: Final = ("DE", "FR", "IT", "PT", "LU")
WEIGHTS: Final = (0.40, 0.28, 0.20, 0.10, 0.02)
POPULARITY_SD: Final = 1.0
"""Standard deviation of the logarithm of a proposal's share."""
COUNTRY_SD: Final = 0.5
HOUR_SD: Final = 0.25
AGREE: Final = (0.35, 0.85)


@dataclass(frozen=True, slots=True)
class Peak:
    """Honest traffic times a factor for some minutes: of everything, a country or a proposal."""

    minute: int
    minutes: int
    factor: float
    country: str = ""
    proposal: int = -1


@dataclass(frozen=True, slots=True)
class Attack:
    """Ballots that agree on one proposal, spread evenly over some minutes."""

    minute: int
    minutes: int
    ballots: int
    proposal: int
    about: str
    country: str = "DE"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A consultation to simulate.

    Attributes:
        name: Its consultation_id.
        about: A description.
        per_minute: Ballots a minute, as the mean over a day.
        minutes: How many minutes are simulated; minute 0 is midnight.
        proposals: Number of proposals.
        night: Traffic of the quietest hour as a share of the busiest.
        quietest: The quietest hour.
        popular: Share of proposal 0; 0: drawn as the others.
        born: Minute at which a proposal is published, by proposal; others always were there.
        peaks: Peaks of honest traffic.
        attacks: Attacks on proposals.
        countries: False: every ballot is of an unknown country.
    """

    name: str
    about: str
    per_minute: float
    minutes: int
    proposals: int = 150
    night: float = 0.1
    quietest: float = 4
    popular: float = 0.0
    born: dict[int, int] = field(default_factory=dict)
    peaks: tuple[Peak, ...] = ()
    attacks: tuple[Attack, ...] = ()
    countries: bool = True


@dataclass(frozen=True, slots=True)
class SimulatedMinutes:
    """Counts by minute, proposal and country: all ballots, and ballots that agree."""

    votes: Counts
    agree: Counts


def shares(scenario: Scenario, rng: np.random.Generator) -> NDArray[np.float64]:
    """Each proposal's share of a country's ballots, by country and proposal."""
    size = (len(COUNTRIES), scenario.proposals)
    liked = rng.normal(0, POPULARITY_SD, scenario.proposals) + rng.normal(0, COUNTRY_SD, size)
    share: NDArray[np.float64] = np.exp(liked)
    if scenario.popular:
        others = share[:, 1:].sum(axis=1)
        share[:, 0] = others * scenario.popular / (1 - scenario.popular)
    share /= share.sum(axis=1, keepdims=True)
    return share


def simulate(scenario: Scenario, seed: int) -> SimulatedMinutes:
    """All minutes of a scenario."""
    rng = np.random.default_rng(seed)
    minute = np.arange(scenario.minutes)
    wave = (1 - np.cos((minute / 60 - scenario.quietest) / 24 * 2 * np.pi)) / 2
    day = scenario.night + (1 - scenario.night) * wave
    mean = scenario.per_minute * day / ((1 + scenario.night) / 2)
    mood = np.exp(rng.normal(0, HOUR_SD, (scenario.minutes // 60 + 1, scenario.proposals)))
    share = shares(scenario, rng)[None] * mood[minute // 60][:, None]
    for proposal, born in scenario.born.items():
        share[:born, :, proposal] = 0
    share /= share.sum(axis=2, keepdims=True)
    rate = mean[:, None, None] * np.array(WEIGHTS)[None, :, None] * share
    for peak in scenario.peaks:
        where = slice(None) if not peak.country else COUNTRIES.index(peak.country)
        which = slice(None) if peak.proposal < 0 else peak.proposal
        rate[peak.minute : peak.minute + peak.minutes, where, which] *= peak.factor
    votes = rng.poisson(rate).transpose(0, 2, 1)
    liked = rng.uniform(*AGREE, scenario.proposals)
    agree = rng.binomial(votes, liked[None, :, None])
    for attack in scenario.attacks:
        spread = np.diff(np.linspace(0, attack.ballots, attack.minutes + 1).astype(int))
        at = slice(attack.minute, attack.minute + attack.minutes)
        country = COUNTRIES.index(attack.country)
        votes[at, attack.proposal, country] += spread
        agree[at, attack.proposal, country] += spread
    return SimulatedMinutes(votes, agree)


def insert(
    clickhouse: Client,
    scenario: Scenario,
    simulated: SimulatedMinutes,
    first_minute: int,
    watched: int = 0,
) -> None:
    """Write windows, tallies and proposals as the sink would.

    Args:
        clickhouse: A client that may write.
        scenario: What was simulated.
        simulated: Its minutes.
        first_minute: Minute 0, since 1970.
        watched: Minutes before it are written by the hour: they only say what is usual.
    """
    votes, agree = simulated.votes, simulated.agree
    codes = np.array(COUNTRIES)
    if not scenario.countries:
        votes, agree = votes.sum(2, keepdims=True), agree.sum(2, keepdims=True)
        codes = np.array(["ZZ"])
    hours = np.arange(0, watched // 60 * 60, 60)
    votes, agree = (_by_hour(counts, hours) for counts in (votes, agree))
    names = [proposal_name(number) for number in range(scenario.proposals)]
    at, proposal, country = np.nonzero(votes)
    cells = {"minute": (first_minute + at).tolist()}
    _write(clickhouse, "windows", scenario.name, cells, names, codes, proposal, country,
           votes[at, proposal, country], agree[at, proposal, country])  # fmt: skip
    totals, agreed = votes.sum(0), agree.sum(0)
    proposal, country = np.nonzero(totals)
    _write(clickhouse, "tallies", scenario.name, {}, names, codes, proposal, country,
           totals[proposal, country], agreed[proposal, country])  # fmt: skip
    insert_proposals(clickhouse, scenario.name, names)


def _by_hour(counts: Counts, hours: Counts) -> Counts:
    if not len(hours):
        return counts
    end = int(hours[-1]) + 60
    coarse = np.zeros_like(counts)
    coarse[hours] = np.add.reduceat(counts[:end], hours)
    coarse[end:] = counts[end:]
    return coarse


def write_cells(clickhouse: Client, consultation: str, names: list[str], counts: Counts) -> None:
    """Write tallies of one country: counts of agree, disagree and neutral by proposal."""
    rows = len(names)
    columns: dict[str, list[Any]] = {counter: [0] * rows for counter in COUNTERS}
    columns |= {
        "epoch": [1] * rows,
        "consultation_id": [consultation] * rows,
        "proposal_id": names,
        "country": ["DE"] * rows,
        "trust": ["trusted"] * rows,
        "agree": counts[:, 0].tolist(),
        "disagree": counts[:, 1].tolist(),
        "neutral": counts[:, 2].tolist(),
        "version": [1] * rows,
    }
    insert_columns(clickhouse, "tallies", columns)


def insert_proposals(clickhouse: Client, consultation: str, names: list[str]) -> None:
    """Write accepted proposals, whose text is their id."""
    columns: dict[str, list[Any]] = {
        "consultation_id": [consultation] * len(names),
        "proposal_id": names,
        "text": names,
        "status": ["accepted"] * len(names),
        "origin_offset": list(range(len(names))),
    }
    insert_columns(clickhouse, "proposals", columns)


def proposal_name(number: int) -> str:
    """The id of a proposal."""
    return f"p{number:04d}"


def _write(
    clickhouse: Client,
    table: str,
    consultation: str,
    cells: dict[str, list[int]],
    names: list[str],
    codes: NDArray[np.str_],
    proposal: Counts,
    country: Counts,
    votes: Counts,
    agree: Counts,
) -> None:
    rows = len(votes)
    columns: dict[str, list[Any]] = {counter: [0] * rows for counter in COUNTERS}
    columns |= cells | {
        "epoch": [1] * rows,
        "consultation_id": [consultation] * rows,
        "proposal_id": [names[number] for number in proposal],
        "country": codes[country].tolist(),
        "trust": ["trusted"] * rows,
        "agree": agree.tolist(),
        "disagree": (votes - agree).tolist(),
        "version": [1] * rows,
    }
    insert_columns(clickhouse, table, columns)
