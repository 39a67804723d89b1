"""Somebody who reads every publication of `open`, and what each number is about.

The attacker has the numbers only. The test also knows who is behind each of them and asks of every
difference the attacker can form: how many people does it concern? People are concerned when what
is published of them differs: nothing, agree, disagree, neutral, or gone again.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from clickhouse_connect.driver.client import Client

STATES = ("agree", "disagree", "neutral", "gone")
Block = tuple[Any, ...]
Leak = tuple[str, Block, int]


@dataclass
class Observed:
    """Per block of a view (a row of it), the published counts at each tick that shows it."""

    numbers: list[dict[Block, tuple[int, int, int]]] = field(default_factory=list)
    people: list[dict[Block, np.ndarray]] = field(default_factory=list)
    """Per tick and block: (ballots of the consultation, 4), 1 where one stands in a state."""
    ids: dict[tuple[str, int], int] = field(default_factory=dict)
    """(proposal, participant) → row of these arrays."""

    def changes(self) -> dict[Block, list[np.ndarray]]:
        """Each block's distinct publications in their order, from nothing on."""
        found: dict[Block, list[np.ndarray]] = {}
        for block in {block for tick in self.people for block in tick}:
            empty = np.zeros((len(self.ids), len(STATES)), dtype=np.int8)
            found[block] = [empty]
            for tick in self.people:
                now = tick.get(block, empty)
                if (now != found[block][-1]).any():
                    found[block].append(now)
        return found


def read_open(
    analyst: Client, consultation: str, at: str = ""
) -> dict[Block, tuple[int, int, int]]:
    """What everybody can read at this moment; `at`: of that past one, which has no windows."""
    where = f"WHERE consultation_id = '{consultation}'"
    then = f"_at(at = '{at}')" if at else ""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return list(analyst.query(f"SELECT {sql} {where}").result_rows)

    found: dict[Block, tuple[int, int, int]] = {}
    for proposal, *n in rows(
        "proposal_id, agree, disagree, neutral, agree_all, disagree_all, neutral_all"
        f" FROM open.leaderboard{then}"
    ):
        found["total", proposal], found["raw", proposal] = (n[0], n[1], n[2]), (n[3], n[4], n[5])
    for proposal, country, *n in rows(
        f"proposal_id, country, agree, disagree, neutral FROM open.agreement_by_country{then}"
    ):
        found["country", proposal, country] = (n[0], n[1], n[2])
    for proposal, start, length, *n in (
        []
        if at
        else rows(
            "proposal_id, toInt64(ifNull(toUnixTimestamp(window_start), 0)), window_seconds,"
            " agree, disagree, neutral FROM open.agreement_by_window"
        )
    ):
        found["window", proposal, start, length] = (n[0], n[1], n[2])
    return {block: counts for block, counts in found.items() if any(counts)}


def onehot(size: int, rows: list[tuple[int, str]]) -> np.ndarray:
    found = np.zeros((size, len(STATES)), dtype=np.int8)
    for row, state in rows:
        found[row, STATES.index(state)] = 1
    return found


def people_of(
    clickhouse: Client,
    consultation: str,
    minutes: dict[tuple[str, int], list[tuple[int, int]]],
    ids: dict[tuple[str, int], int],
    ticks: list[int],
) -> list[dict[Block, np.ndarray]]:
    """Who is behind each number at each tick: from the archive of who was published how.

    Args:
        minutes: (proposal, participant) → (tick, minute of the ballot that was current then).
        ids: (proposal, participant) → row of the arrays.
    """
    parameters = {"c": consultation}
    windows = defaultdict[Any, list[tuple[int, int]]](list)
    for publication, proposal, cell, start, length in clickhouse.query(
        "SELECT publication, proposal_id, cell, window_start, window_seconds"
        " FROM tutti.open_releases WHERE consultation_id = {c:String} AND kind = 'entry'",
        parameters=parameters,
    ).result_rows:
        windows[publication, proposal, cell].append((length or 10**10, start))
    rows = clickhouse.query(
        "SELECT toUnixTimestamp64Milli(tick), publication, proposal_id, participant, cell, state"
        " FROM tutti.open_people INNER JOIN tutti.open_publications"
        " ON publication = number WHERE consultation_id = {c:String} ORDER BY publication",
        parameters=parameters,
    ).result_rows
    blocks = defaultdict[Block, dict[int, str]](dict)
    entered = set[int]()
    found = []
    for tick_ms in ticks:
        while rows and rows[0][0] <= tick_ms:
            at_ms, publication, proposal, participant, cell, state = rows.pop(0)
            row = ids[proposal, participant]
            blocks["raw", proposal][row] = state
            if cell != "troll":
                blocks["total", proposal][row] = state
                if cell:
                    blocks["country", proposal, cell][row] = state
                if row not in entered:
                    minute = [m for at, m in minutes[proposal, participant] if at <= at_ms][-1]
                    length, start = min(
                        (length, start)
                        for length, start in windows[publication, proposal, cell]
                        if start <= minute * 60 < start + length
                    )
                    window = ("window", proposal, start, length if length < 10**10 else 0)
                    blocks[window][row] = state
            entered.add(row)
        found.append(
            {block: onehot(len(ids), list(states.items())) for block, states in blocks.items()}
        )
    return found


def few(array: np.ndarray, *, standing: bool = False) -> int:
    """How many people a row of weights is about, if that is 1 to 4; otherwise 0."""
    about = int((array[:, : 3 if standing else 4] != 0).any(axis=1).sum())
    return about if 0 < about < 5 else 0


def views(seen: Observed) -> dict[str, list[dict[str, np.ndarray]]]:
    """Differences between views of one proposal, tick by tick."""
    found = defaultdict[str, list[dict[str, np.ndarray]]](list)
    for tick in seen.people:
        for proposal in {block[1] for block in tick}:
            total, raw = tick.get(("total", proposal)), tick["raw", proposal]
            total = np.zeros_like(raw) if total is None else total
            parts = {
                kind: sum(
                    (a for b, a in tick.items() if b[:2] == (kind, proposal)), np.zeros_like(raw)
                )
                for kind in ("country", "window")
            }
            found[proposal].append(
                {
                    "raw less trusted": raw - total,
                    "total less countries": total - parts["country"],
                    "total less windows": total - parts["window"],
                    "countries less windows": parts["country"] - parts["window"],
                }
            )
    return found


def attack(seen: Observed) -> list[Leak]:
    """Every difference, over time and over views, that concerns fewer than five people."""
    leaks: list[Leak] = []
    for block, states in seen.changes().items():
        leaks += [("cell", block, n) for a in states if (n := few(a, standing=True))]
        pairs = list(pairwise(states))
        leaks += [("successive", block, n) for a, b in pairs if (n := few(b - a))]
        leaks += [("over time", block, n) for a, b in combinations(states, 2) if (n := few(b - a))]
    for proposal, ticks in views(seen).items():
        for name in ticks[0]:
            distinct: list[np.ndarray] = [np.zeros_like(ticks[0][name])]
            for tick in ticks:
                if (tick[name] != distinct[-1]).any():
                    distinct.append(tick[name])
            leaks += [
                (name, (proposal,), n) for a, b in combinations(distinct, 2) if (n := few(b - a))
            ]
    return leaks


def solve(seen: Observed) -> list[tuple[int, ...]]:
    """Sets of at most four people about whom some linear combination of all numbers speaks.

    A combination that speaks of a set only is a vector of the row space that is 0 elsewhere, so
    that the projector onto that space has the eigenvalue 1 among the set's columns.
    """
    rows = [state.ravel() for states in seen.changes().values() for state in states[1:]]
    cube = np.unique(np.array(rows), axis=0).reshape(-1, len(seen.ids), len(STATES))
    alike = defaultdict[bytes, list[int]](list)
    for person in range(len(seen.ids)):
        if cube[:, person].any():
            alike[cube[:, person].tobytes()].append(person)
    classes = list(alike.values())
    matrix = cube[:, [people[0] for people in classes]].reshape(len(cube), -1).astype(float)
    _, values, basis = np.linalg.svd(matrix, full_matrices=False)
    basis = basis[values > 1e-9 * values[0]]
    projector = basis.T @ basis
    small = [n for n, people in enumerate(classes) if len(people) < 5]
    found = []
    for size in range(1, 5):
        for chosen in combinations(small, size):
            people = tuple(person for n in chosen for person in classes[n])
            columns = [4 * n + state for n in chosen for state in range(4)]
            if len(people) < 5 and np.linalg.eigvalsh(projector[np.ix_(columns, columns)])[-1] > (
                1 - 1e-9
            ):
                found.append(people)
    return found
