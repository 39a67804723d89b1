"""No view for analysts has a column that names a person."""

import re

import pytest

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


def test_a_person_s_group_is_in_no_view(analyst, clickhouse):
    columns = analyst.query(
        "SELECT table, name FROM system.columns WHERE database = 'marts'"
    ).result_rows
    assert columns
    assert not [c for c in columns if c[1] in {"participant", "pseudonym", "members"}]
    with pytest.raises(Exception, match=r"(?i)not allowed|denied|164"):
        analyst.query("SELECT * FROM tutti.group_members")
