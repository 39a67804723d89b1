"""An insert that wrote nothing must not be answered as if it had."""

import pytest


@pytest.mark.parametrize(
    ("engine", "code"),
    [
        ("(a UInt64, CONSTRAINT small CHECK a < 10) ENGINE = MergeTree ORDER BY a", 469),
        ("(a UInt64) ENGINE = MergeTree PARTITION BY a ORDER BY a", 252),
    ],
    ids=["constraint", "too many parts"],
)
def test_what_fails_while_it_is_written_is_said(server, engine, code):
    server.sql("DROP TABLE IF EXISTS refusing")
    server.sql(f"CREATE TABLE refusing {engine}")
    body = b"\n".join(b"%d" % number for number in range(1000))
    reply = server.ask(body=body, query="INSERT INTO refusing FORMAT CSV")
    assert (reply.status == 200, reply.code) == (False, code)
    assert server.sql("SELECT count() FROM refusing") == "0"
    server.sql("DROP TABLE refusing")


def test_a_view_that_throws_fails_the_insert(server):
    """The archive and the bitmaps of accepted votes hang on such views."""
    server.sql("CREATE TABLE way_in (a UInt64) ENGINE = Null")
    server.sql("CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a")
    server.sql(
        "CREATE MATERIALIZED VIEW throwing TO kept AS SELECT a + throwIf(a > 5) AS a FROM way_in"
    )
    reply = server.ask(body=b"1\n9\n", query="INSERT INTO way_in FORMAT CSV")
    assert reply.status != 200
    for table in ("throwing", "kept", "way_in"):
        server.sql(f"DROP TABLE {table}")


def test_an_empty_line_does_not_end_the_data(server, table):
    reply = server.ask(
        body=b'{"a":1}\n\n{"a":2}\n\nSELECT 1\n',
        query=f"INSERT INTO {table} SETTINGS input_format_allow_errors_num = 1 FORMAT JSONEachRow",
    )
    assert reply.status == 200
    assert server.sql(f"SELECT sum(a) FROM {table}") == "3"


def test_settings_of_the_statement_apply_and_a_column_may_be_called_so(server):
    server.sql("DROP TABLE IF EXISTS settings")
    server.sql("CREATE TABLE settings (settings UInt64) ENGINE = MergeTree ORDER BY settings")
    query = "INSERT INTO settings (settings) SETTINGS format_csv_delimiter = ';' FORMAT CSV"
    assert server.ask(body=b"7\n", query=query).status == 200
    assert server.ask(body=b"8\n", query="INSERT INTO settings FORMAT CSV").status == 200
    assert server.sql("SELECT sum(settings) FROM settings") == "15"
    server.sql("DROP TABLE settings")
