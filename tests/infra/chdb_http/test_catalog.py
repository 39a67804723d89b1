"""What tools ask of the analysts' port on connecting: SQLAlchemy, Superset, DBeaver.

JDBC's own questions are in test_jdbc.py.
"""

import pytest

# ruff: noqa: E501 - a question is easier to judge on one line


@pytest.fixture(scope="module")
def board(server):
    server.sql(
        "CREATE TABLE tutti.internal_ballots (a UInt64, b LowCardinality(String), c Nullable(DateTime64(3)),"
        " d Array(String)) ENGINE = MergeTree ORDER BY a"
    )
    server.sql("CREATE VIEW marts.board AS SELECT * FROM tutti.internal_ballots")
    server.sql("ALTER TABLE marts.board MODIFY COMMENT 'one row per proposal'")
    yield "board"
    server.sql("DROP VIEW marts.board")
    server.sql("DROP TABLE tutti.internal_ballots SYNC")


QUESTIONS = [
    "SHOW DATABASES", "SHOW DATABASES FORMAT Native", "SHOW TABLES", "SHOW TABLES FROM marts FORMAT JSON", "SHOW FULL TABLES FROM marts", "SHOW TABLES FROM `marts` LIKE '%'", "SHOW CREATE DATABASE marts",
    "SHOW CREATE TABLE marts.board FORMAT TSVRaw", "SHOW CREATE VIEW marts.board", "EXISTS TABLE marts.board FORMAT Native", "EXISTS DATABASE marts FORMAT Native", "DESCRIBE TABLE marts.board FORMAT JSONCompact", "SHOW FUNCTIONS", "SHOW SETTINGS LIKE 'max_threads'",
    # Superset
    "SELECT name FROM system.functions UNION ALL SELECT name FROM system.table_functions", "SELECT version()", "SELECT currentDatabase()", "SELECT timezone()", "SELECT * FROM (SELECT a, b FROM marts.board) AS virtual_table LIMIT 1000",
    # DBeaver
    "SELECT name, comment FROM system.databases ORDER BY name", "SELECT database()", "SELECT name, engine, comment, total_rows, total_bytes FROM system.tables WHERE database = 'marts'", "SELECT * FROM system.columns WHERE database = 'marts' AND table = 'board' ORDER BY position",
    "SELECT * FROM system.data_type_families", "SELECT * FROM system.table_engines", "SELECT name, value, changed, description FROM system.settings", "SELECT currentUser()",
    "SELECT table, sum(bytes) AS table_size, sum(rows) AS table_rows, max(modification_time) AS latest_modification, min(min_date) AS min_date, max(max_date) AS max_date, any(engine) AS engine FROM system.parts WHERE database = 'marts' AND active = 1 GROUP BY table",
    # Others, by the standard
    "SELECT * FROM information_schema.tables WHERE table_schema = 'marts'", "SELECT * FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'marts'", "SELECT * FROM information_schema.schemata", "SELECT * FROM information_schema.views WHERE table_schema = 'marts'", "SELECT * FROM information_schema.key_column_usage", "SELECT * FROM information_schema.referential_constraints", "SELECT * FROM information_schema.statistics",
]  # fmt: skip


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize("sql", QUESTIONS)
def test_what_tools_ask_on_connecting_is_answered(server, sql):
    reply = server.ask(body=sql, analyst=True)
    assert reply.status == 200, reply.text
    assert "internal_ballots" not in reply.body.decode(errors="replace").replace(
        "FROM tutti.internal_ballots", ""
    )


def test_the_parts_of_internal_tables_are_not_shown(server, board):
    server.sql("INSERT INTO tutti.internal_ballots (a) VALUES (1)")
    parts = "SELECT count() FROM system.parts WHERE table = 'internal_ballots'"
    assert server.sql(parts) != "0"
    assert server.sql(parts, analyst=True) == "0"


def test_sqlalchemys_inspector_sees_what_is_published(server, board):
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
    for database in ("/marts", "/", ""):
        address = f"clickhousedb://default:@127.0.0.1:{server.analyst_port}{database}"
        engine = sqlalchemy.create_engine(address)
        inspector = sqlalchemy.inspect(engine)
        schemas = set(inspector.get_schema_names())
        assert {"marts", "open", "information_schema"} <= schemas
        assert "tutti" not in schemas
        assert inspector.has_schema("marts")
        assert board in inspector.get_table_names()
        assert board in inspector.get_view_names()
        assert board in inspector.get_table_names(schema="marts")
        assert inspector.has_table(board, schema="marts")
        assert not inspector.has_table("nothing", schema="marts")
        columns = inspector.get_columns(board, schema="marts")
        assert [column["name"] for column in columns] == ["a", "b", "c", "d"]
        assert [column["nullable"] for column in columns] == [False, False, True, False]
        assert inspector.get_table_comment(board, schema="marts") == {
            "text": "one row per proposal"
        }
        assert inspector.get_pk_constraint(board, schema="marts")["constrained_columns"] == []
        assert inspector.get_foreign_keys(board, schema="marts") == []
        assert inspector.get_indexes(board, schema="marts") == []
        table = sqlalchemy.Table(board, sqlalchemy.MetaData(schema="marts"), autoload_with=engine)
        with engine.connect() as connection:
            sql = sqlalchemy.select(table.c.a).where(table.c.b == "it's").limit(1)
            assert connection.execute(sql).all() == []
        engine.dispose()


def test_an_exception_is_said_once(server, table):
    """Its code in front once, its name behind once, and nothing of how this server asks."""
    for sql, analyst in (
        ("SELECT sum(1", False), ("SELECT sum(1", True), ("SELECT toUInt8('x')", True),
        (f'INSERT INTO {table} FORMAT JSONEachRow {{"a":"x"}}', False),
        (f"INSERT INTO {table} VALUES ('x', upper('y'))", False),
    ):  # fmt: skip
        text = server.ask(body=sql, analyst=analyst).text.strip()
        name = text.rpartition("(")[2].removesuffix(")")
        assert text.startswith("Code: ")
        assert text.count("DB::Exception") == text.count("Code: ") == 1, text
        assert text.count(name) == 1, text
        for word in ("formatQuery", "/proc/", "INSERT was parsed", "(version"):
            assert word not in text
