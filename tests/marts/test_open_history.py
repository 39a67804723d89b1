"""What `open` remembers: its past boards, what each publication added, clusters, consultations."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_votes

from infra.clickhouse import open_boards
from operators.core.scores.consensus import consensus, country_weights
from pipelines.periodic.publish import publish

FIRST_MS = 1_780_000_020_000 // 60_000 * 60_000
COUNTRIES = ("DE", "FR", "PL")


def tick(n: int) -> datetime:
    return datetime.fromtimestamp(FIRST_MS / 1000, UTC) + timedelta(minutes=n)


@pytest.fixture(scope="module")
def published(clickhouse, analyst) -> dict[str, list[Any]]:
    """A consultation of four publications, and how its board looked after each."""
    insert_consultation(clickhouse, "past", rank_min_votes=10)
    insert_proposals(clickhouse, "past", ["p1", "p2"])
    random = np.random.default_rng(7)
    boards, countries, cast_ms = [], [], FIRST_MS
    for n in range(4):
        votes = []
        for _ in range(150):
            cast_ms += 1
            votes.append(
                {
                    "consultation_id": "past",
                    "proposal_id": str(random.choice(["p1", "p2"])),
                    "participant": int(random.integers(0, 200)),
                    "country": str(random.choice(COUNTRIES, p=(0.6, 0.3, 0.1))),
                    "choice": str(random.choice(["agree", "disagree", "neutral", "withdrawn"])),
                    "cast_ms": cast_ms,
                }
            )
        insert_votes(clickhouse, votes)
        publish(clickhouse, FIRST_MS + n * 60_000)
        boards.append(open_boards.proposals(analyst, "past"))
        countries.append(open_boards.countries(analyst, "past", "p1"))
    return {"boards": boards, "countries": countries}


@pytest.mark.parametrize("n", range(4))
def test_the_board_of_a_past_publication_is_the_one_that_everybody_saw(analyst, published, n):
    assert open_boards.proposals(analyst, "past", tick(n)) == published["boards"][n]
    later = tick(n) + timedelta(seconds=59)
    assert open_boards.proposals(analyst, "past", later) == published["boards"][n]
    assert open_boards.countries(analyst, "past", "p1", tick(n)) == published["countries"][n]


def test_boards_differ_from_publication_to_publication(published):
    assert len({str(board) for board in published["boards"]}) == 4


def test_before_the_first_publication_nothing_had_been_published(analyst, published):
    found = open_boards.proposals(analyst, "past", tick(0) - timedelta(seconds=1))
    assert {row.votes for row in found} == {0}
    assert {row.as_of for row in found} == {None}


def test_what_was_added_sums_up_to_what_was_shown(analyst, published):
    added = open_boards.history(analyst, "past", "p1")
    assert [each.until for each in added] == [tick(n) for n in range(4)]
    for n, board in enumerate(published["boards"]):
        [row] = [row for row in board if row.proposal_id == "p1"]
        sums = [
            sum(getattr(each, name) for each in added[: n + 1])
            for name in ("votes", "agree", "disagree", "neutral")
        ]
        assert sums == [row.votes, row.agree, row.disagree, row.neutral]


def test_consensus_is_that_of_the_published_countries(analyst, published):
    rows = [row for row in published["countries"][-1] if row.country not in {"XX", "ZZ"}]
    codes = sorted(row.country for row in rows)
    by_code = {row.country: row for row in rows}
    votes = [by_code[code].votes for code in codes]
    listed = analyst.query(
        "SELECT countries, weights FROM open.consultations WHERE consultation_id = 'past'"
    ).first_row
    weights = country_weights(codes, votes, dict(zip(*listed, strict=True)))
    expected = consensus([by_code[code].agree for code in codes], votes, weights)
    [board] = [row for row in published["boards"][-1] if row.proposal_id == "p1"]
    assert board.consensus == pytest.approx(float(expected.value), abs=1e-9)
    assert board.consensus_low == pytest.approx(float(expected.low), abs=1e-9)
    assert board.coverage == pytest.approx(float(expected.coverage), abs=1e-9)
    weakest = codes[int(expected.weakest)] if expected.weakest >= 0 else None
    assert board.weakest_country == weakest


def test_a_consultation_says_how_much_of_it_is_published(analyst, published):
    [found] = [
        each for each in open_boards.consultations(analyst) if each.consultation_id == "past"
    ]
    assert found.ballots == sum(row.votes for row in published["boards"][-1])
    assert (found.proposals, found.as_of) == (2, tick(3))
    assert open_boards.newest_tick(analyst) == open_boards.ticks(analyst)[-1] == tick(3)


def test_a_proposal_that_moderation_refuses_is_gone_from_the_past_too(
    clickhouse, analyst, published
):
    insert_consultation(clickhouse, "refused", rank_min_votes=10)
    insert_proposals(clickhouse, "refused", ["p1"])
    insert_votes(
        clickhouse,
        [
            {"consultation_id": "refused", "proposal_id": "p1", "participant": person}
            for person in range(9)
        ],
    )
    publish(clickhouse, FIRST_MS + 4 * 60_000)
    assert open_boards.proposals(analyst, "refused", tick(4))
    insert_proposals(clickhouse, "refused", ["p1"], status="refused")
    assert open_boards.proposals(analyst, "refused", tick(4)) == []
    assert open_boards.history(analyst, "refused", "p1") == []
    assert open_boards.countries(analyst, "refused", "p1", tick(4)) == []
