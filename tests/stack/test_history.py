"""The board of a past moment on the real stack: what was printed then, also after a rebuild."""

import pytest
from orjson import dumps
from stack.conftest import Stack

from infra.clickhouse.client import scalar
from pipelines.exchange.send import Sender

EARLIER = 30
"""Minutes by which a test moves what was written into the past, instead of waiting."""


def vote(stack: Stack, people: range, choice: str) -> None:
    sender = Sender(stack.settings)
    for person in people:
        for proposal in ("a", "b", "c"):
            if person % 3 != ("a", "b", "c").index(proposal):
                ballot = {
                    "consultation_id": "past",
                    "proposal_id": proposal,
                    "participant_id": f"person-{person}",
                    "country": ("FR", "DE")[person % 2],
                    "choice": choice if person % 5 else "disagree",
                    "cast_at": "2026-05-01T12:00:00Z"
                    if choice == "agree"
                    else "2026-05-01T13:00:00Z",
                }
                sender.send("votes", dumps(ballot))
    assert not sender.finish().failed
    stack.sync()


@pytest.fixture(scope="module")
def then(stack) -> tuple[str, object]:
    """A moment, and the board that was printed at it."""
    sender = Sender(stack.settings)
    sender.send(
        "consultations",
        dumps({"consultation_id": "past", "title": "Past", "rank_min_votes": 10}),
    )
    for proposal in ("a", "b", "c"):
        sender.send(
            "proposals",
            dumps(
                {
                    "consultation_id": "past",
                    "proposal_id": proposal,
                    "text": f"Proposal {proposal}",
                    "submitted_at": "2026-05-01T08:00:00Z",
                }
            ),
        )
    assert not sender.finish().failed
    vote(stack, range(60), "agree")
    printed = stack.json("top", "past")
    clickhouse = stack.clickhouse()
    for table in ("tallies_history", "cuts_history"):
        clickhouse.command(
            f"INSERT INTO tutti.{table} SELECT * REPLACE (minute - {EARLIER} AS minute)"
            f" FROM tutti.{table}"
        )
    clickhouse.command(
        "INSERT INTO tutti.epochs SELECT epoch, active_since - INTERVAL 1 DAY FROM tutti.epochs"
    )
    at = scalar(
        clickhouse,
        f"SELECT formatDateTime(now() - INTERVAL {EARLIER // 2} MINUTE,"
        " '%Y-%m-%dT%H:%i:%SZ', 'UTC')",
    )
    return at, printed["rows"]


def shown(stack: Stack, at: str) -> list[dict]:
    return [
        {name: value for name, value in row.items() if name != "shown_at"}
        for row in stack.json("top", "past", "--at", at)["rows"]
    ]


def test_the_board_of_then_is_what_was_printed_then_whatever_follows(stack, then):
    at, printed = then
    assert printed[0]["votes"] == 40
    assert shown(stack, at) == printed
    vote(stack, range(30, 90), "neutral")
    assert stack.json("top", "past")["rows"] != printed
    assert shown(stack, at) == printed
    first = stack.json("explain", "past", printed[0]["proposal_id"], "--at", at)
    assert first["numbers"]["agree_low"] == pytest.approx(printed[0]["agree_low"], abs=1e-12)
    again = stack.clickhouse(analyst=True).query(first["sql"])
    assert next(iter(again.named_results()))["votes"] == 40


@pytest.mark.prove
def test_it_is_the_same_after_a_rebuild(stack, then):
    at, printed = then
    stack.run("rebuild", "--timeout", "900", "--json", seconds=1000)
    assert stack.rows("SELECT count() FROM marts.leaderboard WHERE consultation_id = 'past'") == [
        (3,)
    ]
    assert stack.clickhouse().query("SELECT max(epoch) FROM tutti.epochs").first_row[0] > 1
    assert shown(stack, at) == printed
