"""Counts per minute: what is busy in a window, and since when."""

from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import NOON

from infra.clickhouse.minutes import (
    BusyProposal,
    busy_consultations,
    counts_by_minute,
    first_minutes,
    votes_by_minute,
)
from infra.clickhouse.tables import insert_columns
from operators.core.votes.tally import COUNTERS

# Proposal, country, trust, minute, agree, disagree.
ROWS = [
    ("busy", "FR", "trusted", NOON - 20, 1, 2),
    ("busy", "FR", "trusted", NOON, 6, 0),
    ("busy", "DE", "segment", NOON + 4, 1, 3),
    ("busy", "FR", "troll", NOON + 4, 90, 0),
    ("calm", "FR", "trusted", NOON + 1, 2, 2),
    ("calm", "FR", "trusted", NOON + 9, 50, 0),
    ("long ago", "FR", "trusted", NOON - 500, 9, 9),
]


@pytest.fixture(scope="module", autouse=True)
def rows(clickhouse: Client) -> None:
    proposals, countries, trust, minutes, agree, disagree = (list(c) for c in zip(*ROWS))  # noqa: B905
    count = len(ROWS)
    columns: dict[str, list[Any]] = {name: [0] * count for name in COUNTERS} | {
        "epoch": [1] * count, "consultation_id": ["window"] * count, "proposal_id": proposals,
        "country": countries, "trust": trust, "minute": minutes, "agree": agree,
        "disagree": disagree, "version": [1] * count,
    }  # fmt: skip
    insert_columns(clickhouse, "windows", columns)


def test_a_proposal_is_busy_by_its_ballots_in_the_window(clickhouse: Client) -> None:
    found = {
        row.consultation_id: row
        for row in busy_consultations(clickhouse, NOON - 100, NOON, NOON + 9, least=10)
    }["window"]
    assert found.now == {"FR": 10, "DE": 4}
    assert {country: votes for country, votes in found.before.items() if votes} == {"FR": 3}
    assert found.proposals == 2
    [busy] = found.busy
    assert busy == BusyProposal("busy", 10, busy.before, 1)
    assert busy.before == {"FR": 3, "DE": 0}


def test_consultations_without_a_busy_proposal_are_left_out(clickhouse: Client) -> None:
    found = busy_consultations(clickhouse, NOON - 100, NOON, NOON + 9, least=11)
    assert "window" not in {row.consultation_id for row in found}


def test_the_first_minute_is_that_of_any_trust_level(clickhouse: Client) -> None:
    assert first_minutes(clickhouse, "window", ["busy", "calm", "none"]) == {
        "busy": NOON - 20,
        "calm": NOON + 1,
    }


def test_counts_are_those_of_the_minutes_asked_for(clickhouse: Client) -> None:
    votes = dict(votes_by_minute(clickhouse, "window", NOON - 20, NOON + 4))
    assert votes == {NOON - 20: 3, NOON: 6, NOON + 1: 4}
    counts = counts_by_minute(clickhouse, "window", ["busy"], NOON, NOON + 5)
    assert counts == {("busy", NOON): (6, 6), ("busy", NOON + 4): (4, 1)}
