"""No view for analysts has a column that names a person."""

import re

PERSON = re.compile(
    r"participant(?!s\b)|pseudonym|author|voter|member(?!s\b)|person", re.IGNORECASE
)


def test_no_public_view_has_a_column_of_a_person(clickhouse):
    columns = clickhouse.query(
        "SELECT database || '.' || table, name, type FROM system.columns"
        " WHERE database IN ('marts', 'open')"
    ).result_rows
    assert columns
    named = [column for column in columns if PERSON.search(column[1])]
    wide = [column for column in columns if "Int128" in column[2] or "FixedString(16" in column[2]]
    assert (named, wide) == ([], [])
