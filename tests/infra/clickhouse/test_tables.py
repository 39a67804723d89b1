"""Rows get into the internal tables as rows, columns, lines or the answer of a SELECT."""

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from infra.clickhouse.tables import (
    RECORD_TABLES,
    insert_columns,
    insert_lines,
    insert_rows,
    insert_selected,
)
from schemas.topics import ACCEPTED_PROPOSALS

COLUMNS = ("consultation_id", "proposal_id", "text")


def texts(clickhouse: Client, consultation: str) -> dict[str, str]:
    rows = clickhouse.query(
        "SELECT proposal_id, text FROM tutti.proposals FINAL WHERE consultation_id = {c:String}",
        parameters={"c": consultation},
    ).result_rows
    return dict(rows)


def test_rows_and_columns_and_lines_and_selected(clickhouse: Client) -> None:
    insert_rows(clickhouse, "proposals", COLUMNS, [("ways", "a", "row")])
    columns = dict(zip(COLUMNS, (["ways"], ["b"], ["column"]), strict=True))
    insert_columns(clickhouse, "proposals", columns)
    line = b'{"consultation_id":"ways","proposal_id":"c","text":"a\\nline","origin_ms":1}'
    insert_lines(clickhouse, RECORD_TABLES[ACCEPTED_PROPOSALS.name], line)
    insert_selected(
        clickhouse, "proposals",
        "SELECT * REPLACE ({id:String} AS proposal_id) FROM ("
        "SELECT * FROM tutti.proposals WHERE consultation_id = 'ways' AND proposal_id = 'a')",
        {"id": "d"},
    )  # fmt: skip
    expected = {"a": "row", "b": "column", "c": "a\nline", "d": "row"}
    assert texts(clickhouse, "ways") == expected


def test_no_rows_are_no_insert(clickhouse: Client) -> None:
    insert_rows(clickhouse, "no_such_table", COLUMNS, [])


def test_a_line_that_is_no_record_is_an_error(clickhouse: Client) -> None:
    with pytest.raises(DatabaseError):
        insert_lines(clickhouse, "tutti.proposals", b'{"consultation_id":"broken",')
    assert texts(clickhouse, "broken") == {}
