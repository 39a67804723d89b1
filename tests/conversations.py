"""Opinions to group: Polis exports with the groups that Polis published, and simulated ones."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from operators.core.groups.matrix import Opinions
from pipelines.exchange.polis_import import read_polis

VALUE = {"agree": 1, "neutral": 0, "disagree": -1}


@dataclass(frozen=True, slots=True)
class Conversation:
    """Current ballots by (voter, proposal), what was refused, and the published group of voters."""

    ballots: dict[tuple[str, str], int]
    refused: set[str]
    published: dict[str, int]

    def opinions(self, order: "np.random.Generator | None" = None) -> Opinions:
        """As the core takes them; `order` shuffles people, proposals and ballots."""
        voters = list(dict.fromkeys(voter for voter, _ in self.ballots))
        proposals = list(dict.fromkeys(proposal for _, proposal in self.ballots))
        rows = list(self.ballots.items())
        if order is not None:
            for listed in (voters, proposals, rows):
                order.shuffle(listed)
        row_of = {voter: n for n, voter in enumerate(voters)}
        column_of = {proposal: n for n, proposal in enumerate(proposals)}
        return Opinions.of(
            np.array([pseudonym(voter) for voter in voters], "S16"),
            tuple(proposals),
            np.array([proposal in self.refused for proposal in proposals]),
            np.array([row_of[voter] for (voter, _), _ in rows]),
            np.array([column_of[proposal] for (_, proposal), _ in rows]),
            np.array([value for _, value in rows], np.int8),
        )


def pseudonym(voter: str) -> bytes:
    """Of an export's voter."""
    return voter.rjust(16, "0").encode()


def read_conversation(folder: Path) -> Conversation:
    """An export; the last of several votes counts, and the files are in the order of time."""
    polis = read_polis(folder, "polis")
    votes = sorted(polis.votes, key=lambda vote: vote["cast_at"])
    with (folder / "participants-votes.csv").open(newline="") as lines:
        published = {
            row["participant"]: int(row["group-id"])
            for row in csv.DictReader(lines)
            if row["group-id"]
        }
    return Conversation(
        {(v["participant_id"], v["proposal_id"]): VALUE[v["choice"]] for v in votes},
        {p["proposal_id"] for p in polis.proposals if p["status"] == "refused"},
        published,
    )


def simulated(seed: int, people: int, proposals: int, camps: int) -> Conversation:
    """People of so many camps; with one, every vote is independent of every other."""
    random = np.random.default_rng(seed)
    rates = random.dirichlet((0.5, 0.3, 0.5), (camps, proposals))
    camp = random.integers(0, camps, people)
    active = random.uniform(0.2, 1, people)
    ballots = {
        (str(person), f"p-{proposal}"): int(
            random.choice([-1, 0, 1], p=rates[camp[person], proposal])
        )
        for person in range(people)
        for proposal in range(proposals)
        if random.random() < active[person]
    }
    return Conversation(ballots, set(), {str(n): int(of) for n, of in enumerate(camp)})
