"""A consultation is closed on a running stack: later votes are rejected, and the result stays."""

import time

from orjson import dumps

from infra.service.waiting import wait_until
from operators.core.clock import system_clock
from pipelines.exchange.send import Sender
from schemas.times import format_instant

NAME = "closing"
RESULT = "SELECT votes, agree FROM marts.results WHERE consultation_id = 'closing' AND country = ''"


def send(stack, kind: str, *messages: dict) -> None:
    sender = Sender(stack.settings)
    for message in messages:
        sender.send(kind, dumps({"consultation_id": NAME, "proposal_id": "p"} | message))
    assert not sender.finish().failed


def votes(stack, *people: str, cast_ms: int) -> None:
    choice = {"choice": "agree", "country": "PT", "cast_at": format_instant(cast_ms)}
    send(stack, "votes", *({"participant_id": person} | choice for person in people))


def test_votes_after_the_closing_do_not_count_and_the_result_is_kept(stack):
    """The recount after each test reads the same closings, and must be equal."""
    before_ms = system_clock()
    send(stack, "proposals", {"text": "Close on time.", "submitted_at": format_instant(before_ms)})
    votes(stack, "a", "b", cast_ms=before_ms)
    stack.sync()
    stack.run("close", NAME, "--grace", "1", "--by", "test")
    votes(stack, "late", cast_ms=system_clock())
    time.sleep(1.1)  # the grace is over: what was cast before comes too late, too
    votes(stack, "slow", cast_ms=before_ms)
    stack.sync()
    assert stack.rows(
        "SELECT reason, sum(messages) FROM marts.refusals WHERE consultation_id = 'closing'"
        " GROUP BY reason"
    ) == [("consultation_closed", 2)]
    assert wait_until(lambda: stack.rows(RESULT) == [(2, 2)], 300, 0.5)
    [[state, by]] = stack.rows(
        "SELECT state, decided_by FROM marts.closings WHERE consultation_id = 'closing'"
    )
    assert (state, by) == ("closed", "test")
    stack.run("reopen", NAME)
    votes(stack, "c", cast_ms=system_clock())
    stack.sync()
    board = "SELECT votes FROM marts.leaderboard WHERE consultation_id = 'closing'"
    assert stack.rows(board) == [(3,)]
    assert stack.rows(RESULT) == [(2, 2)]
