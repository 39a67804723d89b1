"""Rings: people who vote alike, hidden among honest people, searched for by the real task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from clickhouse_connect.driver.client import Client
from numpy.typing import NDArray

from infra.clickhouse.signals import read_scan, read_signals
from infra.clickhouse.tables import insert_columns
from loadtests.evaluation.signals.bursts import FIRST_MINUTE
from loadtests.evaluation.signals.traffic import (
    insert_proposals,
    proposal_name,
    write_cells,
)
from operators.core.votes.tally import COUNTED_CHOICES
from pipelines.periodic.bursts import MINUTE_MS
from pipelines.periodic.identical import scan_for_identical

PEOPLE: Final = 3_000
PROPOSALS: Final = 200
MEDIAN_BALLOTS: Final = 30
CAMPS: Final = 3
MAX_TICKS: Final = 30
"""Ticks within which every consultation is scanned."""

Votes = dict[int, int]
"""A person's choice by proposal."""


@dataclass(frozen=True, slots=True)
class Ring:
    """People with the same ballots on some proposals.

    Attributes:
        size: People.
        common: Proposals.
        extra: Other proposals on which each person votes at random.
        slips: Common proposals on which each person votes differently.
    """

    size: int
    common: int
    extra: int = 0
    slips: int = 0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Honest people.

    Attributes:
        name: The consultation.
        about: A description.
        camps: How strongly people follow one of three camps: 0 not at all, 1 always.
        straight: Share of people who agree with everything they are shown.
    """

    name: str
    about: str
    camps: float = 0.0
    straight: float = 0.0


@dataclass(frozen=True, slots=True)
class RingFound:
    """What was found of a ring.

    Attributes:
        ring: The ring.
        members: People of the ring who are in one signal.
        others: Honest people in that signal.
        expected: Number of such groups expected by chance; None: not found.
        largest_rank_shift: Greatest shift of a rank without their ballots; None: not found.
    """

    ring: Ring
    members: int
    others: int
    expected: float | None
    largest_rank_shift: int | None


RINGS: Final = (
    Ring(4, 40), Ring(5, 20), Ring(5, 25), Ring(10, 25), Ring(30, 25), Ring(100, 25),
    Ring(10, 25, extra=3), Ring(10, 25, extra=10), Ring(10, 25, extra=25), Ring(10, 25, extra=75),
    Ring(10, 40, slips=1), Ring(10, 40, slips=3),
)  # fmt: skip
CROWDS: Final = (
    Crowd("alone", "everybody chooses independently"),
    Crowd("camps", "three camps, each person follows its camp on two thirds", camps=2 / 3),
    Crowd("strict", "three camps, each person follows its camp on 95 %", camps=0.95),
    Crowd("straight", "one person in a hundred agrees with everything", straight=0.01),
)


def crowd(made: Crowd, rng: np.random.Generator) -> list[Votes]:
    """Honest people's votes; popular proposals are shown more often."""
    shares = rng.dirichlet([3, 2, 1], PROPOSALS).cumsum(axis=1)
    lines = (rng.random((CAMPS, PROPOSALS, 1)) > shares).sum(axis=2).clip(max=2)
    popularity = rng.normal(0, 1, PROPOSALS)
    sizes = rng.lognormal(np.log(MEDIAN_BALLOTS), 0.8, PEOPLE).astype(int).clip(1, PROPOSALS)
    people = []
    for size in sizes:
        order = np.argsort(-(popularity + rng.gumbel(size=PROPOSALS)))[:size]
        own = (rng.random((size, 1)) > shares[order]).sum(axis=1).clip(max=2)
        line = lines[rng.integers(CAMPS)][order]
        choices = np.where(rng.random(size) < made.camps, line, own)
        if rng.random() < made.straight:
            choices = np.zeros(size, int)
        people.append(dict(zip(order.tolist(), choices.tolist(), strict=True)))
    return people


def members(ring: Ring, rng: np.random.Generator) -> list[Votes]:
    """The votes of a ring."""
    order = rng.permutation(PROPOSALS).tolist()
    same = {proposal: int(rng.integers(3)) for proposal in order[: ring.common]}
    people = []
    for _ in range(ring.size):
        own = {p: int(rng.integers(3)) for p in rng.permutation(order[ring.common :])[: ring.extra]}
        slips = rng.permutation(order[: ring.common])[: ring.slips].tolist()
        people.append(same | {p: (same[p] + 1) % 3 for p in slips} | own)
    return people


def insert_people(clickhouse: Client, consultation: str, people: Sequence[Votes]) -> None:
    """Write ballots, tallies and proposals as the sink would; person n has the pseudonym n."""
    person = np.repeat(np.arange(len(people)), [len(votes) for votes in people])
    proposal = np.array([p for votes in people for p in votes])
    choice = np.array([c for votes in people for c in votes.values()])
    rows = len(person)
    columns: dict[str, list[Any]] = {
        "consultation_id": [consultation] * rows,
        "proposal_id": [proposal_name(p) for p in proposal],
        "participant": [f"{n:032x}" for n in person],
        "country": ["DE"] * rows,
        "choice": [COUNTED_CHOICES[c] for c in choice],
        "trust": ["trusted"] * rows,
        "qualifications": [0] * rows,
        "source": [""] * rows,
        "cast_ms": [FIRST_MINUTE * MINUTE_MS] * rows,
        "origin_partition": [0] * rows,
        "origin_offset": list(range(rows)),
        "origin_ms": [FIRST_MINUTE * MINUTE_MS] * rows,
    }
    insert_columns(clickhouse, "accepted_votes", columns)
    counts = np.zeros((PROPOSALS, len(COUNTED_CHOICES)), np.int64)
    np.add.at(counts, (proposal, choice), 1)
    names = [proposal_name(number) for number in range(PROPOSALS)]
    write_cells(clickhouse, consultation, names, counts)
    insert_proposals(clickhouse, consultation, names)


def scan(clickhouse: Client, consultation: str) -> None:
    """Run the task at ticks until it has scanned the consultation."""
    before = read_scan(clickhouse, "identical", consultation)
    for minute in range(MAX_TICKS):
        scan_for_identical(clickhouse, (FIRST_MINUTE + minute) * MINUTE_MS)
        if read_scan(clickhouse, "identical", consultation) != before:
            return


def find_rings(
    clickhouse: Client, made: Crowd, rings: Sequence[Ring], seed: int
) -> tuple[list[RingFound], int]:
    """Hide rings in a crowd and scan it: what is found of each, and signals of honest people."""
    rng = np.random.default_rng(seed)
    people = crowd(made, rng)
    spans = list[NDArray[np.int64]]()
    for ring in rings:
        spans.append(np.arange(len(people), len(people) + ring.size))
        people.extend(members(ring, rng))
    insert_people(clickhouse, made.name, people)
    scan(clickhouse, made.name)
    shifts: dict[str, int | None] = {
        row[0]: row[1]
        for row in clickhouse.query(
            "SELECT signal_id, largest_rank_shift FROM marts.signals"
            " WHERE consultation_id = {consultation:String}",
            parameters={"consultation": made.name},
        ).result_rows
    }
    signals = read_signals(clickhouse, "identical", made.name)
    found_of_rings = []
    for ring, span in zip(rings, spans, strict=True):
        own = {int(n) for n in span}
        best = max(signals, key=lambda s: len(own.intersection(s.participants)), default=None)
        inside = own.intersection(best.participants) if best else set[int]()
        hit = best if inside else None
        found_of_rings.append(
            RingFound(
                ring,
                len(inside),
                len(hit.participants) - len(inside) if hit else 0,
                hit.expected if hit else None,
                shifts[hit.signal_id] if hit else None,
            )
        )
    honest = sum(all(person < PEOPLE for person in signal.participants) for signal in signals)
    return found_of_rings, honest
