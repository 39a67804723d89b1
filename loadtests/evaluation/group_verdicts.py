"""Are the verdicts on opinion groups right? On simulated consultations, and on public ones.

What a verdict needs is measured once for each consultation. The constants of the rule are then
chosen anew on one set of seeds, with one kind of consultation left out, and judged on that kind,
on other seeds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from loadtests.evaluation.group_cases import LEANINGS, Kind, simulate
from operators.core.groups import significance
from operators.core.groups.disagreement import component_shares, dealt
from operators.core.groups.matrix import AGREE, DISAGREE, NEUTRAL, Opinions
from operators.core.groups.partition import grouped, partition
from operators.core.groups.separation import gap, places
from pipelines.exchange.polis_import import read_polis

Verdict = Literal["chance", "continuum", "separate"]

EXPECTED: Final[dict[Kind, Verdict]] = {
    "noise": "chance",
    "yea-sayers": "chance",
    "contrarian": "chance",
    "continuum": "continuum",
    "two camps": "separate",
    "four camps": "separate",
}
LEARNT: Final = range(1, 11)
JUDGED: Final = range(101, 121)
"""Seeds on which constants are chosen, and on which they are judged."""

POLIS: Final = ("london.youth.policing", "scoop-hivemind.taxes", "scoop-hivemind.biodiversity")
_VALUE: Final = {"agree": AGREE, "neutral": NEUTRAL, "disagree": DISAGREE}


@dataclass(frozen=True, slots=True)
class Rule:
    """The constants of a verdict."""

    deviations: float = significance.MIN_DEVIATIONS
    dip: float = significance.MIN_DIP
    dip_root: float = significance.MIN_DIP_ROOT


RULES: Final = [
    Rule(*constants)
    for constants in product(
        np.arange(3, 7.1, 0.5).tolist(), (0.025, 0.03, 0.035, 0.04), (0.5, 0.55, 0.6, 0.65, 0.7)
    )
]


@dataclass(frozen=True, slots=True)
class Measured:
    """What verdicts on one consultation follow from.

    Attributes:
        name: Its kind, or its name.
        people: How many are grouped.
        proposals: How many there are.
        k: How many groups.
        shares: Of each component, its share in what the ones before it leave.
        ready: Mean and deviation of the first share, dealt among those who agree as readily.
        column: The same, dealt among all voters of a proposal; none: not measured.
        gap: The greatest dip.
        silhouette: Of base clusters, and the greatest of 19 deals; none: not measured.
    """

    name: str
    people: int
    proposals: int
    k: int
    shares: list[float]
    ready: tuple[float, float]
    column: tuple[float, float] | None
    gap: float
    silhouette: tuple[float, float] | None


def measure(name: str, opinions: Opinions, *, beside: bool) -> Measured:
    """Measure one consultation; `beside`: for the other null and the former rule, too."""
    members = grouped(opinions)

    def first(neighbours: dict[str, None]) -> tuple[float, float]:
        found = [
            float(component_shares(opinions, members, dealt(opinions, seed, **neighbours), 1)[0])
            for seed in range(significance.RUNS)
        ]
        return mean(found), stdev(found)

    def silhouettes() -> tuple[float, float]:
        return partition(opinions, least=1).silhouette, max(
            partition(opinions, dealt(opinions, seed, None), least=1).silhouette
            for seed in range(significance.RUNS)
        )

    return Measured(
        name,
        len(members),
        len(opinions.proposals),
        partition(opinions).k,
        component_shares(opinions, members).tolist(),
        first({}),
        first({"neighbours": None}) if beside else None,
        gap(places(opinions, members)),
        silhouettes() if beside else None,
    )


def verdict(
    found: Measured, rule: Rule = Rule(), null: tuple[float, float] | None = None
) -> Verdict:
    """What is said of it; by another null if one is given."""
    middle, deviation = null or found.ready
    if not found.k or found.shares[0] <= middle + rule.deviations * deviation:
        return "chance"
    wide = found.gap >= rule.dip and found.gap * found.people**0.5 >= rule.dip_root
    return "separate" if wide else "continuum"


def lines(found: Measured, rule: Rule = Rule()) -> int:
    """How many dimensions of disagreement are more than chance."""
    known = significance.Threshold(
        found.ready[0] + (rule.deviations - significance.MIN_DEVIATIONS) * found.ready[1],
        found.ready[1],
        0,
        0,
    )
    return significance.dimensions(np.array(found.shares), known) or 0


def former_verdict(found: Measured) -> Verdict:
    """What was said before: groups or none, by the greatest silhouette of 19 deals."""
    if found.silhouette is None:
        raise ValueError(found.name)
    return "separate" if found.silhouette[0] > found.silhouette[1] else "chance"


def right(cases: Iterable[Measured], rule: Rule) -> int:
    """How many verdicts on simulated consultations are right."""
    return sum(verdict(case, rule) == _expected(case.name) for case in cases)


def choose(cases: Sequence[Measured], without: str = "") -> Rule:
    """The rule with most right verdicts, each kind counting the same; of equals the middle one."""
    kept = [case for case in cases if case.name != without]
    scores = [right(kept, rule) for rule in RULES]
    best = [rule for rule, score in zip(RULES, scores, strict=True) if score == max(scores)]
    return Rule(
        float(np.median([rule.deviations for rule in best])),
        float(np.median([rule.dip for rule in best])),
        float(np.median([rule.dip_root for rule in best])),
    )


def measure_kinds(
    seeds: Iterable[int], say: Callable[[str], None], *, beside: bool
) -> list[Measured]:
    """Measure every kind at every seed."""
    found = []
    seeds = list(seeds)
    for kind in LEANINGS:
        say(f"{kind}: {len(seeds)} consultations")
        found += [measure(kind, simulate(kind, seed).opinions, beside=beside) for seed in seeds]
    return found


def polis_opinions(folder: Path) -> Opinions:
    """A public consultation; the latest vote counts."""
    export = read_polis(folder, "polis")
    votes = sorted(export.votes, key=lambda vote: vote["cast_at"])
    ballots = {(v["participant_id"], v["proposal_id"]): _VALUE[v["choice"]] for v in votes}
    people = {name: n for n, name in enumerate(dict.fromkeys(p for p, _ in ballots))}
    proposals = {name: n for n, name in enumerate(dict.fromkeys(p for _, p in ballots))}
    refused = {p["proposal_id"] for p in export.proposals if p["status"] == "refused"}
    return Opinions.of(
        np.array([name.rjust(16, "0").encode() for name in people], "S16"),
        tuple(proposals),
        np.array([name in refused for name in proposals]),
        _indices(people, (person for person, _ in ballots)),
        _indices(proposals, (proposal for _, proposal in ballots)),
        np.array(list(ballots.values()), np.int8),
    )


def _indices(known: dict[str, int], names: Iterable[str]) -> NDArray[np.intp]:
    return np.array([known[name] for name in names], np.intp)


def _expected(name: str) -> Verdict:
    return next(expected for kind, expected in EXPECTED.items() if kind == name)
