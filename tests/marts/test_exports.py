import csv
import json
import random
from collections import Counter
from hashlib import sha256

import pyarrow.parquet
import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies, insert_votes

from operators.core.errors import TerminalError
from pipelines.exchange.polis_export import export_polis
from pipelines.exchange.polis_import import read_polis
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
    export_polis(clickhouse, "export", tmp_path / "out")
    found = read_polis(tmp_path / "out", "again")
    assert Counter((vote["proposal_id"], vote["choice"]) for vote in found.votes) == counted(votes)
    assert {p["proposal_id"]: p["status"] for p in found.proposals} == dict.fromkeys(
        "123", "accepted"
    )


def test_the_polis_layout_agrees_with_itself(clickhouse, votes, tmp_path):
    export_polis(clickhouse, "export", tmp_path / "out")
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
    manifest = export_tables(clickhouse, "export", folder, "marts", noon)
    told = json.loads((folder / "manifest.json").read_text())
    assert told["consultation_id"] == "export"
    assert {file["file"] for table in told["tables"] for file in table["files"]} | {
        "manifest.json"
    } == {file.name for file in folder.iterdir()}
    for table in told["tables"]:
        for file in table["files"]:
            content = (folder / file["file"]).read_bytes()
            assert (len(content), sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    [board] = [table for table in manifest.tables if table.view == "marts.leaderboard"]
    assert board.rows == 3
    assert board.methods
    assert all(column["about"] for column in board.columns)
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
