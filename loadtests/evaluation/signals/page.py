"""The page docs/signals.md: what the signals caught, how fast, and what they flagged by mistake."""

from collections.abc import Iterable, Sequence
from string import Template
from typing import Final

from infra.clickhouse.signals import Signal
from infra.config.folders import CHECKOUT
from loadtests.evaluation.signals.bursts import AttackOutcome
from loadtests.evaluation.signals.rings import PEOPLE, PROPOSALS, Crowd, RingFound
from loadtests.evaluation.signals.scenarios import ENDS, WATCHED
from loadtests.evaluation.signals.traffic import Scenario
from operators.core.signals import burst, identical

PAGE: Final = CHECKOUT / "docs" / "signals.md"

_RING_HEADER: Final = (
    "honest people", "ring", "common", "others each", "slips each", "found", "others",
    "expected by chance", "largest rank shift",
)  # fmt: skip
_PAGE: Final = Template("""\
# Signals on simulated attacks and honest peaks

Written by `python -m loadtests.evaluation signals --seed $seed`: simulated consultations on a \
ClickHouse alone, watched by the tasks that run in production, at every tick of $hours hours. 150 \
proposals, five countries that like different ones, popularity lognormal with sd 1, going up and \
down from hour to hour with sd 0.25, and a day and night. Methods `$burst` and `$identical`. \
It is a simulation: real attackers know the rules.

## Bursts: attacks

Ballots that all agree, on a proposal that is rare, median or popular; *seen after*: from the \
first of them to the signal. Ranks are those at the end, with and without what the signal flags.

$attacks

## Bursts: honest hours

What no attack explains in consultations with attacks, and everything in those without. The last \
row is people who all mean one proposal: by numbers a burst, which is why a signal is a reason to \
look, not a verdict.

$honest

## Near-identical ballots

$people honest people with a median of 30 ballots on $proposals proposals, and rings among them. \
*Found*: people of the ring in one signal; *others*: honest people in it.

$rings

Signals of honest people only, without any ring in them:

$alone
""")

Attacked = Sequence[tuple[Scenario, Sequence[AttackOutcome], Sequence[Signal]]]


def render(
    seed: int,
    attacks: Attacked,
    honest: Sequence[tuple[Scenario, Sequence[Signal]]],
    rings: Sequence[tuple[Crowd, Sequence[RingFound], int]],
) -> str:
    """The page, in Markdown."""
    hours = (ENDS - WATCHED) / 60
    area = f"{hours * honest[0][0].proposals:,.0f}"
    return _PAGE.substitute(
        seed=seed,
        hours=f"{hours:g}",
        burst=burst.METHOD,
        identical=identical.METHOD,
        attacks=table(
            ("traffic", "proposal", "ballots", "in", "seen after", "flagged", "rank → without"),
            (
                _attack(scenario, outcome)
                for scenario, outcomes, _ in attacks
                for outcome in outcomes
            ),
        ),
        honest=table(
            ("consultation", "proposal-hours", "signals"),
            [
                *(
                    (f"{scenario.about}, `{scenario.name}`", area, str(len(rest)))
                    for scenario, _, rest in attacks
                ),
                *((scenario.about, area, str(len(found))) for scenario, found in honest),
            ],
        ),
        people=f"{PEOPLE:,}",
        proposals=PROPOSALS,
        rings=table(
            _RING_HEADER, (_ring(crowd, found) for crowd, rows, _ in rings for found in rows)
        ),
        alone=table(
            ("honest people", "signals"),
            ((crowd.about, str(number)) for crowd, _, number in rings),
        ),
    )


def _attack(scenario: Scenario, outcome: AttackOutcome) -> tuple[str, ...]:
    after = "not seen" if outcome.after is None else f"{outcome.after} min"
    ranks = (
        "" if outcome.after is None else f"{_rank(outcome.rank)} → {_rank(outcome.rank_without)}"
    )
    return (
        scenario.about,
        outcome.target,
        f"{outcome.ballots:,}",
        f"{outcome.minutes} min",
        after,
        f"{outcome.flagged:,}" if outcome.flagged else "",
        ranks,
    )


def _rank(rank: int | None) -> str:
    return "–" if rank is None else str(rank)


def _ring(crowd: Crowd, found: RingFound) -> tuple[str, ...]:
    ring = found.ring
    return (
        crowd.about,
        f"{ring.size}",
        f"{ring.common}",
        f"{ring.extra}",
        f"{ring.slips}",
        f"{found.members}",
        f"{found.others}",
        "" if found.expected is None else f"{found.expected:.0e}",
        "" if found.largest_rank_shift is None else f"{found.largest_rank_shift}",
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, without a line's end behind its last row."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
