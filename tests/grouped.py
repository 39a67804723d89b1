"""Conversations in ClickHouse, and the worker that groups their people, without its waiting."""

from clickhouse_server import insert_proposals, insert_votes

CHOICES = {1: "agree", 0: "neutral", -1: "disagree"}
BASE = 1 << 100  # a pseudonym has 128 bits


def number(voter):
    return BASE + int(voter)


def insert_ballots(clickhouse, consultation, ballots, *, trust="trusted", first_offset=0):
    """Insert ballots as (proposal, participant, choice); a later offset replaces an earlier one."""
    names = ("proposal_id", "participant", "choice")
    votes = [dict(zip(names, ballot, strict=True)) for ballot in ballots]
    known = {"consultation_id": consultation, "trust": trust}
    insert_votes(clickhouse, [known | vote for vote in votes], first_offset=first_offset)


def send(clickhouse, consultation, conversation, **how):
    proposals = {proposal for _, proposal in conversation.ballots}
    insert_proposals(clickhouse, consultation, sorted(proposals - conversation.refused))
    if conversation.refused:
        insert_proposals(clickhouse, consultation, sorted(conversation.refused), status="refused")
    rows = [(p, number(v), CHOICES[value]) for (v, p), value in conversation.ballots.items()]
    insert_ballots(clickhouse, consultation, rows, **how)


class Stopwatch:
    """Each look is 10 ms later."""

    def __init__(self):
        self.ms = 0

    def __call__(self):
        self.ms += 10
        return self.ms


def work(grouping, stopwatch):
    """Until nothing is left to do, without waiting."""
    for _ in range(100):
        if not grouping.step() and not grouping.waiting:
            return
        stopwatch.ms += 1_000_000
    raise AssertionError("there is always something left to do")


def rows(client, view, consultation, order="ALL"):
    return list(
        client.query(
            f"SELECT * FROM marts.{view} WHERE consultation_id = {{c:String}} ORDER BY {order}",
            parameters={"c": consultation},
        ).named_results()
    )
