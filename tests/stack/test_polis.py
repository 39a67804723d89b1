"""Real consultations through the running stack: per proposal exactly what the exports say."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from orjson import dumps
from places import FIXTURES
from stack.naive import Counts, matrix_counts, raw_counts

from pipelines.exchange.polis_import import read_polis
from pipelines.exchange.send import Sender

ORDERS = ("file", "time", "shuffled", "doubled")
EXPORTS = ("london.youth.policing", "scoop-hivemind.taxes", "scoop-hivemind.biodiversity")
CONVERSATIONS = ("26", "28", "29", "30", "31", "34", "38")


@dataclass(frozen=True)
class Source:
    folder: Path
    conversation: str | None = None

    def truth(self) -> Counts:
        if self.conversation is None:
            return matrix_counts(self.folder)
        return raw_counts(self.folder, self.conversation)


def own() -> dict[str, Source]:
    return {
        "own": Source(FIXTURES / "polis"),
        "own-3": Source(FIXTURES / "polis_raw", "3"),
        "own-7": Source(FIXTURES / "polis_raw", "7"),
    }


def real(shared: Path) -> dict[str, Source]:
    return {name: Source(shared / "polis" / name) for name in EXPORTS} | {
        f"yoronchizu-{zid}": Source(shared / "yoronchizu2024", zid) for zid in CONVERSATIONS
    }


def send(stack, sources: dict[str, Source]) -> dict[str, Source]:
    """Each source four times, in each order, as consultations of their own."""
    sender = Sender(stack.settings)
    for name, source in sources.items():
        for order in ORDERS:
            found = read_polis(
                source.folder, f"{name}-{order}", ["FR", "DE", "LU"], source.conversation
            )
            votes = found.votes
            if order == "time":
                votes = sorted(votes, key=lambda vote: vote["cast_at"])
            elif order == "shuffled":
                random.Random(1).shuffle(votes)
            elif order == "doubled":
                votes = [vote for vote in votes for _ in range(2)]
            sender.send("consultations", dumps(found.consultation))
            for proposal in found.proposals:
                sender.send("proposals", dumps(proposal))
            for vote in votes:
                sender.send("votes", dumps(vote))
    receipt = sender.finish()
    assert not receipt.failed
    assert receipt.acknowledged == receipt.sent
    stack.sync()
    return sources


@pytest.fixture(scope="module")
def own_sources(stack) -> Iterator[dict[str, Source]]:
    return send(stack, own())


@pytest.fixture(scope="module")
def real_sources(stack, shared_data) -> Iterator[dict[str, Source]]:
    return send(stack, real(shared_data))


def counted(stack, consultation: str) -> Counts:
    rows = stack.rows(
        "SELECT proposal_id, sum(agree_all), sum(disagree_all), sum(neutral_all)"
        " FROM marts.agreement_by_country WHERE consultation_id = {id:String} GROUP BY proposal_id",
        id=consultation,
    )
    return {
        proposal: {
            choice: count
            for choice, count in zip(("agree", "disagree", "neutral"), counts, strict=True)
            if count
        }
        for proposal, *counts in rows
    }


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", ["own", "own-3", "own-7"])
def test_our_own_export_is_counted_exactly_in_any_order(stack, own_sources, name, order):
    assert counted(stack, f"{name}-{order}") == own_sources[name].truth()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", [*EXPORTS, *(f"yoronchizu-{zid}" for zid in CONVERSATIONS)])
def test_a_real_consultation_is_counted_exactly_in_any_order(stack, real_sources, name, order):
    assert counted(stack, f"{name}-{order}") == real_sources[name].truth()


def test_votes_on_refused_proposals_count_but_stand_on_no_leaderboard(stack, own_sources):
    accepted = {
        row["proposal_id"]
        for row in read_polis(FIXTURES / "polis", "x").proposals
        if row["status"] == "accepted"
    }
    shown = {
        row[0]
        for row in stack.rows(
            "SELECT proposal_id FROM marts.leaderboard WHERE consultation_id = 'own-time'"
        )
    }
    assert shown == accepted
    assert set(counted(stack, "own-time")) - shown


def test_the_command_line_imports_an_export(stack):
    stack.run("import", "polis", str(FIXTURES / "polis"), "--consultation", "by-command")
    stack.sync()
    assert counted(stack, "by-command") == matrix_counts(FIXTURES / "polis")
    board = stack.json("top", "by-command", "--limit", "3")
    assert [row["rank"] for row in board["rows"]] == [1, 2, 3]
