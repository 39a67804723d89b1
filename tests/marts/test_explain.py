"""``explain``: its SQL runs as an analyst's, and answers what the boards and the formulas say."""

from datetime import UTC, datetime

import pytest
from clickhouse_server import (
    NOON,
    insert_consultation,
    insert_history,
    insert_proposals,
    insert_tallies,
    moment,
)

from infra.clickhouse.client import scalar
from operators.core.errors import TerminalError
from operators.core.scores import makeorg
from operators.core.scores.agreement import agreement
from operators.core.scores.consensus import consensus, country_weights
from pipelines.cli.board import read_board
from pipelines.cli.moments import past_moment
from pipelines.verify.explain import explain

CELLS = [
    {"country": "FR", "agree": 85, "disagree": 6, "neutral": 24, "like_it": 17, "doable": 29},
    {"country": "FR", "trust": "segment", "agree": 40, "disagree": 3, "like_it": 9, "no_way": 1},
    {"country": "DE", "trust": "sequence", "agree": 20, "disagree": 30, "impossible": 4},
    {"country": "DE", "trust": "troll", "agree": 500},
    {"country": "ZZ", "agree": 7, "platitude_agree": 2},
    {"country": "LU", "disagree": 1},
]


@pytest.fixture(scope="module")
def explained(clickhouse):
    insert_consultation(clickhouse, "why", {"FR": 68.4, "DE": 83.2, "MT": 0.5})
    insert_proposals(clickhouse, "why", ["p", "silent"])
    insert_tallies(clickhouse, [{"consultation_id": "why", "proposal_id": "p"} | c for c in CELLS])
    earlier = [{"consultation_id": "why", "proposal_id": "p"} | cell for cell in CELLS[:3]]
    insert_history(clickhouse, [row | {"minute": NOON, "version": 0} for row in earlier])
    return explain(clickhouse, "why", "p")


def test_the_printed_sql_gives_an_analyst_the_printed_numbers(analyst, explained):
    again = next(iter(analyst.query(explained.sql).named_results()))
    assert again == explained.numbers
    assert "tutti." not in explained.sql
    assert "marts." not in explained.sql


def test_its_numbers_are_those_of_the_board(clickhouse, explained):
    rows = clickhouse.query(
        "SELECT * FROM marts.leaderboard WHERE consultation_id = 'why' AND proposal_id = 'p'"
    )
    [board] = rows.named_results()
    for name in board.keys() & explained.numbers.keys():
        assert explained.numbers[name] == pytest.approx(board[name], abs=1e-12), name
    shared = {
        "votes", "agree_low", "top_score", "top_score_low", "zone_confident", "consensus",
        "consensus_low", "coverage", "weakest_country", "divisiveness", "country_spread",
    }  # fmt: skip
    assert shared <= board.keys() & explained.numbers.keys()
    assert explained.ranks == {n: board[n] for n in ("rank", "stable_rank", "rank_consensus")}


def test_the_parts_are_those_of_the_formulas_in_python(explained):
    trusted, sequence = explained.counts["trusted"], explained.counts["sequence"]
    assert (trusted["agree"], sequence["agree"], explained.counts["all"]["agree"]) == (
        152, 60, 652,
    )  # fmt: skip
    for key, score in makeorg.scores(trusted, sequence).items():
        name = key if key in makeorg.SCORES else f"{key}_score"
        half = f"{key}_half"
        assert explained.numbers[name] == pytest.approx(float(score.value), abs=1e-12)
        assert explained.numbers[half] == pytest.approx(float(score.half), abs=1e-12)
    countries = {row["country"]: row for row in explained.countries}
    assert list(countries) == ["DE", "FR", "LU", "MT", "ZZ"]
    codes = ["DE", "FR", "LU", "MT"]
    votes = [countries[code]["votes"] for code in codes]
    assert votes == [50, 158, 1, 0]
    assert countries["DE"]["votes_all"] == 550
    weights = country_weights(codes, votes, {"FR": 68.4, "DE": 83.2, "MT": 0.5})
    found = consensus([countries[code]["agree"] for code in codes], votes, weights)
    assert [countries[code]["weight"] for code in codes] == pytest.approx(list(weights))
    assert [countries[code]["rate"] for code in codes] == pytest.approx(list(found.rates))
    assert [countries[code]["informs"] for code in codes] == pytest.approx([4 / 50, 4 / 158, 0, 0])
    assert countries["FR"]["agree_low"] == agreement(125, 158).low


def test_a_past_moment_is_explained_from_its_own_counts(clickhouse, explained):
    at = datetime.fromtimestamp((NOON + 1) * 60 + 30, UTC)
    then = explain(clickhouse, "why", "p", at)
    assert then.counts["all"]["agree"] == 145
    assert then.shown_at == at.replace(second=0)
    board = read_board(clickhouse, "why", 10, at=at)
    assert [(row["proposal_id"], row["votes"]) for row in board.rows] == [("p", 208), ("silent", 0)]
    assert board.rows[0]["agree_low"] == pytest.approx(then.numbers["agree_low"], abs=1e-12)


def test_what_was_first_then_and_why_is_one_query(analyst, explained):
    rows = analyst.query(
        "SELECT proposal_id, text, votes, agree, agree_rate, agree_low, agree_high, method"
        f" FROM marts.leaderboard_at(at = '{moment(NOON + 1)}')"
        " WHERE consultation_id = 'why' AND rank = 1"
    ).result_rows
    assert [row[:4] for row in rows] == [("p", "p", 208, 145)]
    assert rows[0][5] == pytest.approx(agreement(145, 208).low, abs=1e-12)


def test_what_nobody_voted_on_is_said_in_one_sentence(clickhouse, explained):
    with pytest.raises(TerminalError, match=r"There are no votes on why/silent\."):
        explain(clickhouse, "why", "silent")


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("8pm", "8pm is no moment"),
        ("25:00", "is no moment"),
        ("2026-02-30T20:00:00Z", "is no moment"),
        ("2026-06-20T12:10:00Z", "lies ahead"),
        ("2026-06-20T11:00:00Z", "The history begins at"),
    ],
)
def test_moments_that_cannot_be_shown_are_refused(clickhouse, explained, text, output):
    clock_ms = (NOON + 9) * 60_000
    with pytest.raises(TerminalError, match=output):
        past_moment(text, clickhouse, lambda: clock_ms)


def test_a_time_of_day_is_today(clickhouse, explained):
    first = scalar(clickhouse, "SELECT min(minute) FROM tutti.tallies_history")
    assert first == NOON
    found = past_moment("12:05", clickhouse, lambda: (NOON + 9) * 60_000)
    assert found == datetime(2026, 6, 20, 12, 5, tzinfo=UTC)
