"""The board of ``tutti top``: its orders, one country's, and that it fits a terminal."""

import io
from dataclasses import asdict

import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies
from rich.console import Console

from operators.core.errors import TerminalError
from operators.core.scores.consensus import consensus
from pipelines.cli.board import draw_board, read_board

CELLS = {
    # Loved where most ballots are, rejected elsewhere; accepted everywhere; disputed; too few.
    "one-sided": {"FR": (9000, 1000), "LU": (10, 90), "MT": (10, 90)},
    "everywhere": {"FR": (700, 300), "LU": (70, 30), "MT": (69, 31)},
    "disputed": {"FR": (500, 500), "LU": (50, 50), "MT": (50, 50)},
    "opposed": {"FR": (100, 900), "LU": (60, 40), "MT": (9, 1)},
    "few": {"FR": (3, 0)},
}


@pytest.fixture(scope="module")
def board(clickhouse, analyst):
    insert_consultation(clickhouse, "drawn", {"FR": 1.0, "LU": 1.0, "MT": 1.0})
    insert_proposals(clickhouse, "drawn", list(CELLS))
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": "drawn", "proposal_id": proposal, "country": country}
            | {"agree": agree, "disagree": disagree}
            for proposal, cells in CELLS.items()
            for country, (agree, disagree) in cells.items()
        ],
    )

    def read(**more):
        return read_board(analyst, "drawn", 20, **more)

    return read


def ids(board):
    return [row["proposal_id"] for row in board.rows]


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("agreement", "one-sided"),
        ("consensus", "everywhere"),
        ("top_score", "one-sided"),
        ("controversy", "disputed"),
        ("rejection", "opposed"),
        ("divisiveness", "disputed"),
    ],
)
def test_each_order_has_its_own_first_and_the_unranked_last(board, by, first):
    found = ids(board(by=by))
    assert found[0] == first
    assert found[-1] == "few"
    assert set(found) == set(CELLS)


def test_a_country_has_a_board_of_its_own(board):
    assert ids(board(country="LU")) == ["everywhere", "opposed", "disputed", "one-sided"]
    assert board(country="LU").rows[0]["votes"] == 100
    with pytest.raises(TerminalError, match="Consensus is across countries"):
        board(country="LU", by="consensus")


def test_json_carries_every_column(board, analyst):
    for country, view in ((None, "leaderboard"), ("FR", "leaderboard_by_country")):
        columns = {row[0] for row in analyst.query(f"DESCRIBE marts.{view}").result_rows}
        (row, *_) = asdict(board(country=country, everything=True))["rows"]
        assert set(row) == columns - {"as_of"}


@pytest.mark.parametrize("more", [{}, {"by": "consensus"}, {"by": "top_score"}, {"country": "FR"}])
def test_it_fits_120_columns_with_whole_numbers(board, more):
    console = Console(width=120, file=io.StringIO())
    console.print(draw_board(board(**more)))
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 120
    (row,) = (line for line in lines if "everywhere" in line)
    if "country" not in more:
        found = consensus([700, 70, 69], [1000, 100, 100], [1 / 3] * 3)
        cells = row.split()
        assert {f"{found.value:.1%}", f"{100 * found.low:.1f}–{100 * found.high:.1f}"} <= set(cells)
        assert cells[cells.index("███████▒▒▒") + 1] == "69.9%"
        assert "MT 69.0%" in row
    assert row.count("…") == 0
