"""What senders should mend stands in one view and in a line of the board; all is counted."""

import random
from itertools import product
from string import ascii_uppercase

import pytest
from clickhouse_server import (
    insert_consultation,
    insert_proposals,
    insert_tallies,
)
from rich.console import Console

from infra.clickhouse.formulas import formulas
from operators.core.errors import UnknownConsultationError
from operators.core.votes.windows import window_start
from pipelines.cli.board import draw_board, read_board
from schemas.countries import country_advice
from schemas.reserved import PROBE_CONSULTATION


def warnings(client, consultation):
    rows = client.query(
        "SELECT warning, subject, ballots, cure FROM marts.warnings"
        " WHERE consultation_id = {id:String} ORDER BY ALL",
        parameters={"id": consultation},
    ).result_rows
    return [tuple(row) for row in rows]


def drawn(client, consultation):
    board = read_board(client, consultation, 10)
    console = Console(width=200, record=True)
    with console.capture() as shown:
        console.print(draw_board(board))
    return shown.get()


def cell(consultation, proposal, country, agree, trust="trusted"):
    return {
        "consultation_id": consultation, "proposal_id": proposal, "country": country,
        "agree": agree, "trust": trust,
    }  # fmt: skip


def test_a_consultation_without_mistakes_has_none(clickhouse, analyst):
    insert_consultation(clickhouse, "w-right", {"FR": 1, "XK": 1})
    insert_proposals(clickhouse, "w-right", ["p"])
    insert_tallies(
        clickhouse, [cell("w-right", "p", country, 3) for country in ("FR", "XK", "ZZ", "DE")]
    )
    assert warnings(analyst, "w-right") == []
    assert "warning" not in drawn(analyst, "w-right")


def test_countries_that_are_none_are_told_with_their_ballots_wherever_they_stand(
    clickhouse, analyst
):
    insert_consultation(clickhouse, "w-country", {"GB": 1, "EL": 2})
    insert_proposals(clickhouse, "w-country", ["p", "q"])
    insert_tallies(
        clickhouse,
        [
            cell("w-country", "p", "UK", 100),
            cell("w-country", "q", "UK", 20, "troll"),
            cell("w-country", "q", "QQ", 3),
            cell("w-country", "q", "GB", 5),
        ],
    )
    assert warnings(analyst, "w-country") == [
        ("unknown_country", "EL", 0, "EL is no code of ISO 3166-1: write GR"),
        ("unknown_country", "QQ", 3, country_advice("QQ")),
        ("unknown_country", "UK", 120, "UK is no code of ISO 3166-1: write GB"),
    ]
    board = drawn(analyst, "w-country")
    assert (
        "warning: 123 ballots of countries that ISO 3166-1 does not know:"
        " UK (write GB), QQ, EL (write GR)"
    ) in board


def test_a_proposal_that_nobody_sent_is_told(clickhouse, analyst):
    insert_consultation(clickhouse, "w-proposal")
    insert_proposals(clickhouse, "w-proposal", ["p"])
    insert_proposals(clickhouse, "w-proposal", ["hidden"], status="refused")
    insert_tallies(
        clickhouse,
        [cell("w-proposal", name, "FR", 2) for name in ("p", "hidden")]
        + [cell("w-proposal", f"lost-{n}", "FR", 1 + n) for n in range(5)],
    )
    report = warnings(analyst, "w-proposal")
    assert [(warning, subject, ballots) for warning, subject, ballots, _ in report] == [
        ("proposal_not_sent", f"lost-{n}", 1 + n) for n in range(5)
    ]
    assert "15 ballots on 5 proposals that nobody sent: lost-4, lost-3, lost-2 and 2 more" in (
        drawn(analyst, "w-proposal")
    )


@pytest.mark.parametrize("sent", [True, False])
def test_a_consultation_that_nobody_announced_has_a_board_that_says_so(clickhouse, analyst, sent):
    name = f"w-silent-{sent}"
    if sent:
        insert_proposals(clickhouse, name, ["p"])
    insert_tallies(clickhouse, [cell(name, "p", "FR", 7)])
    report = {
        (warning, subject, ballots) for warning, subject, ballots, _ in warnings(analyst, name)
    }
    assert ("consultation_not_announced", name, 7) in report
    assert (("proposal_not_sent", "p", 7) in report) == (not sent)
    assert "warning: nobody announced this consultation; it has 7 ballots" in drawn(analyst, name)
    with pytest.raises(UnknownConsultationError):
        read_board(analyst, "w-nowhere", 10)


def test_proposals_without_a_consultation_are_told_before_anybody_votes(clickhouse, analyst):
    insert_proposals(clickhouse, "w-early", ["p"])
    assert [row[:3] for row in warnings(analyst, "w-early")] == [
        ("consultation_not_announced", "w-early", 0)
    ]


def test_the_probe_is_no_mistake(clickhouse, analyst):
    insert_tallies(clickhouse, [cell(PROBE_CONSULTATION, "p", "FR", 7)])
    assert warnings(analyst, PROBE_CONSULTATION) == []


def test_the_view_gives_the_advice_of_the_sender_for_every_code(analyst):
    codes = ["".join(pair) for pair in product(ascii_uppercase, repeat=2)]
    known, advice = formulas()["known_countries"], formulas()["country_advice"]
    rows = analyst.query(
        f"SELECT code, if(code IN ({known}), NULL, {advice})"
        " FROM (SELECT char(65 + intDiv(n, 26), 65 + n % 26) AS code"
        " FROM (SELECT arrayJoin(range(676)) AS n))"
    ).result_rows
    assert dict(rows) == {code: country_advice(code) for code in codes}


def test_the_view_s_windows_are_those_of_the_formula(analyst):
    dice = random.Random(3)
    asked = [
        (dice.randrange(15_800_000, 60_000_000), 60 * dice.choice([1, 7, 60, 1440, 2880, 10_080]))
        for _ in range(100)
    ]
    sql = (
        formulas()["window_start"]
        .replace("cells.minute", "pair.1")
        .replace("window_seconds", "pair.2")
    )
    pairs = ", ".join(f"(toUInt64({minute}), toUInt32({length}))" for minute, length in asked)
    rows = analyst.query(
        f"SELECT toUnixTimestamp({sql}) FROM (SELECT arrayJoin([{pairs}]) AS pair)"
    ).result_rows
    assert [start for (start,) in rows] == [window_start(*pair) for pair in asked]


def test_a_window_of_a_week_begins_on_monday(clickhouse, analyst):
    clickhouse.insert(
        "consultations",
        [["w-week", "weeks", 7 * 86_400, 1, 0]],
        column_names=[
            *("consultation_id", "title", "window_seconds", "rank_min_votes", "origin_offset"),
        ],
        database="tutti",
    )
    wednesday = 1_778_068_800 // 60  # 2026-05-06 12:00 UTC
    clickhouse.insert(
        "windows",
        [[1, "w-week", "p", "FR", "trusted", wednesday + n * 1440, 1, 1] for n in range(5)],
        column_names=[
            *("epoch", "consultation_id", "proposal_id", "country", "trust", "minute", "agree"),
            "version",
        ],
        database="tutti",
    )
    rows = analyst.query(
        "SELECT toString(window_start), votes FROM marts.agreement_by_window"
        " WHERE consultation_id = 'w-week' ORDER BY window_start"
    ).result_rows
    assert [tuple(row) for row in rows] == [("2026-05-04 00:00:00", 5)]
