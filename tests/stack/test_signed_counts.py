"""The policy `signed` through a whole stack: refused messages are shown, all others are exact."""

from collections import Counter
from collections.abc import Iterator

import pytest
from stack.conftest import new_stack
from stack.naive import Ledger
from stack.signed_day import Day, live_through, naive_verdicts

from schemas.topics import VOTES

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    stack = new_stack()
    try:
        stack.run("up")
        made = Day(stack)
        live_through(made)
        stack.sync(300)
        yield made
    finally:
        stack.tear_down()


def test_what_is_refused_is_shown_and_counted_and_what_honest_sources_sent_is_exact(day):
    judged = naive_verdicts(day)
    refused = {place: verdict for place, (verdict, _) in judged.items() if verdict != "accepted"}
    rows = day.stack.rows(
        "SELECT partition, offset, reason FROM marts.dead_letters WHERE topic = {topic:String}",
        topic=VOTES.name,
    )
    assert {(partition, offset): reason for partition, offset, reason in rows} == refused
    statistics = day.stack.json("dlq", "stats")
    assert Counter({one["reason"]: one["messages"] for one in statistics}) == Counter(
        refused.values()
    )
    ledger = Ledger()
    for (partition, offset), (verdict, payload) in judged.items():
        if verdict == "accepted":
            ledger.add(payload, partition, offset)
    cells = day.stack.clickhouse().query(
        "SELECT consultation_id, proposal_id, country, trust, agree, disagree, neutral"
        " FROM tutti.cells WHERE agree + disagree + neutral > 0"
    )
    names = ("agree", "disagree", "neutral")
    shown = {
        row[:4]: {name: count for name, count in zip(names, row[4:], strict=True) if count}
        for row in cells.result_rows
    }
    assert shown == ledger.cells()
    verdict = day.stack.json("reconcile")
    assert verdict["verdict"] == "equal", verdict
