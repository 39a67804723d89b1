"""A clause FORMAT, SETTINGS or INTO OUTFILE is told from a name that is the same word."""

import pytest

NAMES = [
    ("SELECT {0} FROM (SELECT 1 AS {0})", "1"),
    ("SELECT {0} x FROM (SELECT 1 AS {0})", "1"),
    ("SELECT 2 * {0} y FROM (SELECT 1 AS {0})", "2"),
    ("SELECT DISTINCT {0} y FROM (SELECT 1 AS {0})", "1"),
    ("SELECT 1 AS {0}", "1"),
    ("SELECT 1 AS {0} LIMIT 1", "1"),
    ("SELECT {0} FROM (SELECT 1 AS {0}) ORDER BY {0}", "1"),
    ("SELECT {0} FROM (SELECT 1 AS {0}) ORDER BY {0} ASC", "1"),
    ("SELECT {0} FROM (SELECT 1 AS {0}) AS t WHERE {0} = 1 ORDER BY t.{0} DESC", "1"),
    ("SELECT {0} FROM (SELECT 1 AS {0}) GROUP BY {0} HAVING {0} IN (1)", "1"),
    ("SELECT {0}.1 FROM (SELECT (1, 2) AS {0})", "1"),
    ("WITH {0} AS (SELECT 1 AS a) SELECT a FROM {0}", "1"),
    ("WITH {0} AS (SELECT 1 AS a) SELECT a FROM {0} LIMIT 1", "1"),
    ("WITH {0} AS (SELECT 1 AS a) SELECT x.a FROM {0} x", "1"),
    ("SELECT a FROM (SELECT 1 AS a) AS {0}", "1"),
    ("SELECT {0}.a FROM (SELECT 1 AS a) AS {0} JOIN (SELECT 1 AS a) AS y USING a", "1"),
    ("WITH 1 AS {0} SELECT {0} UNION ALL SELECT 1", "1\n1"),
]
"""Statement with the word as a name, and its answer."""
WORDS = [
    "format", "FORMAT", "`Format`", "settings", "SETTINGS", "outfile", "OUTFILE", "infile",
    "INFILE", "`into`",
]  # fmt: skip
ENDS = [
    ("", "TabSeparated"),
    (" FORMAT CSV", "CSV"),
    (" format CSV", "CSV"),
    (" FORMAT CSV SETTINGS max_block_size = 10", "CSV"),
    (" SETTINGS max_block_size = 10 FORMAT CSV;", "CSV"),
    (" SETTINGS max_block_size = 10", "TabSeparated"),
]
"""The end of a statement, and the format of the response."""


@pytest.mark.parametrize("analyst", [False, True])
@pytest.mark.parametrize("word", WORDS)
def test_names_are_names_and_the_clause_at_the_end_works(server, word, analyst):
    for number, (statement, answer) in enumerate(NAMES):
        sql = statement.format(word)
        for end, form in (ENDS[0], ENDS[1 + number % (len(ENDS) - 1)]):
            reply = server.ask(body=sql + end, analyst=analyst)
            assert reply.status == 200, (sql + end, reply.text)
            assert reply.text.strip().strip('"') == answer, sql + end
            assert reply.headers["x-clickhouse-format"] == form, sql + end


SHOWN = [
    ("EXISTS marts.format", "1"),
    ("SELECT count() FROM marts.format", "0"),
    ("SELECT format FROM marts.format FINAL", ""),
    ("SELECT * FROM marts.format WHERE format = 1 ORDER BY format ASC", ""),
    ("SHOW TABLES FROM marts LIKE 'format'", "format"),
    ("SELECT name FROM system.tables WHERE database = 'marts' AND name = 'format'", "format"),
    ("EXPLAIN AST SELECT format FROM marts.format", None),
    ("DESCRIBE marts.format", None),
    ("SHOW CREATE TABLE marts.format", None),
]


@pytest.fixture(scope="module")
def named_format(server):
    server.sql(
        "CREATE TABLE marts.format (format UInt8, settings UInt8)"
        " ENGINE = ReplacingMergeTree ORDER BY format"
    )
    yield
    server.sql("DROP TABLE marts.format SYNC")


@pytest.mark.usefixtures("named_format")
@pytest.mark.parametrize("analyst", [False, True])
@pytest.mark.parametrize(("sql", "answer"), SHOWN)
def test_tables_and_functions_with_such_names_are_read(server, sql, answer, analyst):
    for end, form in (("", "TabSeparated"), (" FORMAT CSVWithNames", "CSVWithNames")):
        reply = server.ask(body=sql + end, analyst=analyst)
        assert reply.status == 200, (sql + end, reply.text)
        assert reply.headers["x-clickhouse-format"] == form
        if answer is not None:
            assert reply.text.splitlines()[bool(end) :] == [
                f'"{line}"' if end and not line.isdigit() else line for line in answer.splitlines()
            ]


def test_the_function_of_strings_is_no_clause(server):
    sql = "SELECT format('{}-{}', 1, format) FROM (SELECT 2 AS format)"
    assert server.sql(sql, analyst=True) == "1-2"
    assert server.sql(f"{sql} FORMAT CSV", analyst=True) == '"1-2"'


@pytest.mark.parametrize("name", ["format", "FORMAT", "settings", "infile"])
def test_inserts_into_tables_with_such_names_find_their_data(server, name):
    table = f"tutti.{name}"
    server.sql(f"CREATE TABLE {table} ({name} UInt8) ENGINE = MergeTree ORDER BY tuple()")
    selected = f"INSERT INTO {table} SELECT {name} FROM input('{name} UInt8')"
    try:
        for sql in (
            f"INSERT INTO {table} VALUES (1)",
            f"INSERT INTO {table} FORMAT CSV\n1",
            f"INSERT INTO TABLE {table} ({name}) FORMAT CSV\n1",
            f"{selected} WHERE {name} = 1 ORDER BY {name} DESC FORMAT CSV\n1",
            f"INSERT INTO {table} SELECT {name} FROM (SELECT 1 AS {name}) WHERE {name} > 0",
        ):
            server.sql(sql)
        server.sql(f"INSERT INTO {name} FORMAT CSV\n1", database="tutti")
        server.sql(f"INSERT INTO {name} VALUES (1)", database="tutti")
        assert server.sql(f"SELECT sum({name}) FROM {table}") == "7"
    finally:
        server.sql(f"DROP TABLE {table} SYNC")


@pytest.mark.parametrize("analyst", [False, True])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS outfile INTO OUTFILE 'x'", "SELECT 1 AS a FROM system.one INTO outfile 'x'",
        "SELECT outfile FROM (SELECT 1 AS outfile) into /* */ outfile $$x$$ FORMAT CSV",
    ],
)  # fmt: skip
def test_a_path_makes_them_clauses_that_are_refused(server, sql, analyst):
    assert server.ask(body=sql, analyst=analyst).status == 403
