"""Participants have numbers of their own in what is exported; voters and authors share them."""

import csv
import io

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_votes

from infra.clickhouse.polis_layout import comments_sql, groups_by_number, votes_sql
from infra.clickhouse.tables import insert_rows


def rows(clickhouse: Client, sql: str) -> list[dict[str, str]]:
    answer = clickhouse.raw_query(sql, parameters={"consultation": "layout"}, fmt="CSVWithNames")
    return list(csv.DictReader(io.StringIO(answer.decode())))


def test_a_person_has_one_number_everywhere(clickhouse: Client) -> None:
    insert_votes(
        clickhouse,
        [
            {"consultation_id": "layout", "proposal_id": "p"} | vote
            for vote in (
                {"participant": 500, "choice": "disagree"},
                {"participant": 700},
                {"participant": 600, "trust": "troll"},
                {"participant": 650, "choice": "withdrawn"},
            )
        ],
    )
    insert_rows(
        clickhouse, "proposals",
        ("consultation_id", "proposal_id", "text", "author", "status", "submitted_ms"),
        [
            ("layout", "p", "By a voter", f"{700:032x}", "accepted", 1_780_000_000_000),
            ("layout", "q", "By nobody", "", "refused", 1_780_000_001_000),
        ],
    )  # fmt: skip
    insert_rows(
        clickhouse, "group_members",
        ("consultation_id", "country", "run", "participants", "group_ids"),
        # A country's groups have numbers of their own.
        [("layout", "", 1, [500, 700], [2, 1]), ("layout", "FR", 9, [500, 700], [0, 3])],
    )  # fmt: skip
    votes = {row["voter-id"]: row["vote"] for row in rows(clickhouse, votes_sql(str))}
    assert votes == {"0": "-1", "1": "1"}
    newest, oldest = rows(clickhouse, comments_sql(str))
    assert (newest["comment-body"], newest["author-id"], newest["moderated"]) == (
        "By nobody", "", "-1",
    )  # fmt: skip
    assert (oldest["author-id"], oldest["agrees"], oldest["disagrees"]) == ("1", "1", "1")
    assert groups_by_number(clickhouse, "layout") == {0: 2, 1: 1}
