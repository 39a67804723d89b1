"""What analysts can do, and every way around it that we could think of, refused."""

# ruff: noqa: E501, ISC004 - an attempt is easier to judge on one line

from pathlib import Path

import clickhouse_connect
import pytest

HOST_FILE = "/etc/passwd"
TMP = Path("/tmp")  # noqa: S108 - where the attempts would write


@pytest.fixture(scope="module")
def published(server):
    server.sql(
        "CREATE TABLE tutti.secrets (p UInt64, who String, version UInt64)"
        " ENGINE = ReplacingMergeTree(version) ORDER BY p"
    )
    server.sql("INSERT INTO tutti.secrets SELECT number, 'hidden', 1 FROM numbers(100)")
    server.sql("CREATE VIEW marts.votes AS SELECT p, 'FR' AS c FROM tutti.secrets FINAL")
    server.sql("CREATE VIEW marts.below AS SELECT p FROM tutti.secrets WHERE p < {m:UInt64}")
    server.sql("CREATE VIEW open.votes AS SELECT p FROM tutti.secrets")
    server.sql("CREATE FUNCTION IF NOT EXISTS leak AS (x) -> hostName()")
    return server


READS = [
    "SELECT count() FROM marts.votes",
    "SELECT * FROM votes LIMIT 1",
    "SELECT count() FROM marts.below(m = 5)",
    "SELECT count() FROM `marts`.`votes` AS v WHERE v.p IN (SELECT p FROM open.votes)",
    "WITH a AS (SELECT p FROM votes), b AS (SELECT 1 AS p) SELECT count() FROM a JOIN b USING p",
    "WITH RECURSIVE t AS (SELECT 1 x UNION ALL SELECT x + 1 FROM t WHERE x < 5) SELECT sum(x) FROM t",
    "SELECT p::UInt8, CASE p WHEN 1 THEN 2 END, [1, 2][1], (1, 2).1, p BETWEEN 1 AND 2 FROM votes",
    "SELECT * EXCEPT p, * REPLACE (p + 1 AS p), COLUMNS('p') APPLY toString FROM votes LIMIT 1",
    "SELECT uniqExactIf(p, p > 3), sumOrNull(p), quantilesTDigest(0.5, 0.9)(p), argMax(p, c),"
    " count(DISTINCT p) FILTER (WHERE p > 3), groupArraySample(2)(p), sumMapOrDefault(map(1, p)),"
    " corr(p, p), topK(3)(c), sumIfState(p, p > 1) FROM votes",
    "SELECT sumIfMerge(s) FROM (SELECT sumIfState(p, p > 1) AS s FROM votes)",
    "SELECT sum(p) OVER (PARTITION BY c ORDER BY p ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),"
    " rank() OVER w, dense_rank() OVER w, lagInFrame(p) OVER w FROM votes WINDOW w AS (ORDER BY p)",
    "SELECT p FROM votes ORDER BY p WITH FILL FROM 1 TO 5 STEP 1 LIMIT 3",
    "SELECT c, grouping(c), count() FROM votes GROUP BY ROLLUP(c) WITH TOTALS",
    "SELECT 1 INTERSECT SELECT 1 EXCEPT SELECT 3",
    "SELECT EXISTS(SELECT 1), (SELECT max(p) FROM votes)",
    'SELECT 1 AS "Votes per day", 2 AS `Ünïcode`',
    "SELECT 'tutti.secrets', $$file('x')$$ /* file('x') */ -- tutti.secrets; SELECT 2",
    "SELECT * FROM values('a UInt8, b String', (1, 'x')) AS v, generate_series(1, 2) AS g, numbers(2) AS n",
    "SELECT cityHash64('x'), toDateTime64('2020-01-01 00:00:00.123', 3, 'UTC'), now(), version()",
    "SELECT name FROM system.databases",
    "SELECT table_name FROM information_schema.tables",
    "SHOW TABLES", "SHOW TABLES FROM marts LIKE 'v%'", "SHOW DATABASES", "SHOW CREATE VIEW votes",
    "SHOW CREATE TABLE marts.votes", "SHOW SETTINGS LIKE 'max_threads'", "DESCRIBE marts.votes",
    "DESC votes", "DESCRIBE (SELECT * FROM votes)", "EXISTS marts.votes", "EXISTS DATABASE open",
    "EXPLAIN SELECT * FROM votes", "EXPLAIN PLAN indexes = 1 SELECT * FROM votes",
    "EXPLAIN SYNTAX SELECT * FROM votes", "EXPLAIN AST SELECT 1", "EXPLAIN PIPELINE SELECT 1",
    "SHOW TABLES SETTINGS max_threads = 1", "DESCRIBE votes SETTINGS max_threads = 1", "EXPLAIN SELECT 1 SETTINGS max_threads = 1",
    "SELECT p FROM votes FORMAT JSONCompact", "FROM votes SELECT p LIMIT 1;",
]  # fmt: skip


@pytest.mark.parametrize("sql", READS)
def test_analysts_read_what_is_published(published, sql):
    assert published.ask(body=sql, analyst=True).status == 200, sql


WRITES = [
    "INSERT INTO marts.votes VALUES (1)", "INSERT INTO tutti.secrets FORMAT CSV\n1,x,1",
    "INSERT INTO FUNCTION file('/tmp/tutti-out.csv') SELECT 1", "CREATE TABLE marts.x (a UInt8) ENGINE = BodyMemory",
    "CREATE TEMPORARY TABLE x (a UInt8)", "CREATE TABLE marts.x ENGINE = BodyMemory AS SELECT 1",
    "CREATE VIEW marts.x AS SELECT * FROM tutti.secrets", "CREATE FUNCTION f AS x -> x",
    "CREATE DATABASE x", "CREATE DATABASE x ENGINE = Filesystem('/')", "CREATE USER x",
    "CREATE NAMED COLLECTION x AS a = 1", "DROP TABLE tutti.secrets", "DROP DATABASE tutti",
    "TRUNCATE TABLE tutti.secrets", "DELETE FROM tutti.secrets WHERE 1", "UPDATE tutti.secrets SET who = '' WHERE 1",
    "ALTER TABLE tutti.secrets DELETE WHERE 1", "OPTIMIZE TABLE tutti.secrets FINAL",
    "RENAME TABLE tutti.secrets TO marts.s", "EXCHANGE TABLES tutti.secrets AND marts.votes",
    "ATTACH TABLE marts.x FROM '/tmp' (a UInt8) ENGINE = MergeTree ORDER BY a", "DETACH TABLE tutti.secrets",
    "BACKUP TABLE tutti.secrets TO File('/tmp/tutti-backup')", "RESTORE TABLE tutti.secrets FROM File('/tmp/x')",
    "SYSTEM SHUTDOWN", "SYSTEM FLUSH LOGS", "SYSTEM STOP MERGES", "KILL QUERY WHERE 1", "KILL MUTATION WHERE 1",
    "SET max_threads = 8", "SET readonly = 0", "SET ROLE x", "USE tutti", "GRANT SELECT ON *.* TO default",
    "CHECK TABLE tutti.secrets", "BEGIN TRANSACTION", "EXECUTE AS default SELECT 1", "UNDROP TABLE tutti.secrets",
    "SELECT 1 PARALLEL WITH SELECT 2", "SHOW PROCESSLIST", "SHOW GRANTS", "SHOW ACCESS", "SHOW USERS",
    "SHOW CREATE USER default", "SHOW COLUMNS FROM secrets FROM tutti", "SHOW INDEX FROM secrets FROM tutti",
    "SHOW MERGES", "SHOW CLUSTERS", "SHOW FILESYSTEM CACHES", "SHOW ENGINES", "EXPLAIN CURRENT TRANSACTION",
    "EXPLAIN INSERT INTO tutti.secrets SELECT 1", "MOVE USER x TO y", "WATCH marts.votes",
    "EXPLAIN TABLE OVERRIDE mysql('a', 'b', 'c', 'd', 'e') PARTITION BY a", "COPY x FROM y",
]  # fmt: skip

TABLES = [
    "SELECT * FROM tutti.secrets", "SELECT * FROM `tutti`.`secrets`", 'SELECT * FROM "tutti"."secrets"',
    "SELECT * FROM\ttutti\n.\nsecrets", "SELECT * FROM tutti/**/./**/secrets", "SELECT * FROM tu/**/tti.secrets, tutti . secrets",
    "SELECT * FROM `tu\\x74ti`.secrets", "SELECT 1 IN tutti.secrets", "SELECT (1, 'hidden', 1) IN (tutti.secrets)",
    "SELECT 1 NOT IN tutti.secrets", "SELECT 1 GLOBAL IN tutti.secrets", "SELECT in(1, tutti.secrets)",
    "SELECT nullIn(1, tutti.secrets)", "SELECT 1 = ANY(SELECT p FROM tutti.secrets)",
    "SELECT (SELECT who FROM tutti.secrets LIMIT 1)", "SELECT EXISTS(SELECT 1 FROM tutti.secrets)",
    "SELECT 1 UNION ALL SELECT p FROM tutti.secrets", "SELECT 1 EXCEPT SELECT p FROM tutti.secrets",
    "WITH x AS (SELECT * FROM tutti.secrets) SELECT * FROM x", "WITH tutti.secrets AS y SELECT 1 IN y",
    "WITH (SELECT who FROM tutti.secrets LIMIT 1) AS y SELECT y",
    "SELECT * FROM votes JOIN tutti.secrets USING p", "SELECT * FROM votes, tutti.secrets",
    "SELECT * FROM votes ORDER BY p IN tutti.secrets", "SELECT p FROM votes GROUP BY p HAVING p IN tutti.secrets",
    "SELECT p FROM votes LIMIT (SELECT p FROM tutti.secrets LIMIT 1)", "SELECT p FROM votes PREWHERE p IN tutti.secrets",
    "SELECT sum(p) OVER (PARTITION BY p IN tutti.secrets) FROM votes", "SELECT p FROM votes QUALIFY p IN tutti.secrets",
    "SELECT sum(p) OVER w FROM votes WINDOW w AS (ORDER BY p IN (SELECT p FROM tutti.secrets))",
    "SELECT sumIf(p, p IN tutti.secrets) FROM votes", "SELECT sum(p) FILTER (WHERE p IN tutti.secrets) FROM votes",
    "SELECT arrayMap(x -> x IN tutti.secrets, [1])", "SELECT * APPLY(x -> x IN tutti.secrets) FROM votes",
    "SELECT * APPLY(x -> (SELECT any(query) FROM system.processes)) FROM votes",
    "SELECT * APPLY(x -> leak(x)) FROM votes", "SELECT * APPLY leak FROM votes", "SELECT * APPLY file FROM votes",
    "SELECT * REPLACE (p IN tutti.secrets AS p) FROM votes", "SELECT COLUMNS('p') APPLY(x -> file('/etc/passwd')) FROM votes",
    "SELECT p FROM votes ORDER BY p WITH FILL FROM (SELECT min(p) FROM tutti.secrets) TO 9",
    "SELECT p FROM votes ORDER BY p WITH FILL INTERPOLATE (p AS p IN tutti.secrets)",
    "SELECT 1 ARRAY JOIN (SELECT groupArray(who) FROM tutti.secrets) AS x",
    "SELECT DISTINCT ON (p IN tutti.secrets) p FROM votes", "SELECT p FROM votes LIMIT 1 BY p IN tutti.secrets",
    "SELECT * FROM view(SELECT * FROM tutti.secrets)", "SELECT * FROM viewIfPermitted(SELECT * FROM tutti.secrets ELSE null('a UInt8'))",
    "SELECT * FROM (SELECT * FROM (SELECT * FROM tutti.secrets))", "FROM tutti.secrets", "EXPLAIN SELECT * FROM tutti.secrets",
    "DESCRIBE tutti.secrets", "DESCRIBE (SELECT * FROM tutti.secrets)", "EXISTS tutti.secrets", "EXISTS VIEW tutti.secrets",
    "SHOW CREATE tutti.secrets", "SHOW CREATE TABLE tutti.secrets", "SHOW TABLES FROM tutti", "EXISTS DATABASE tutti",
    "SHOW TABLES FROM marts WHERE name IN (SELECT who FROM tutti.secrets)", "SHOW CREATE DATABASE tutti",
    "SHOW TABLES WHERE name = file('/etc/passwd')", "SHOW DATABASES WHERE 1 IN (SELECT 1 FROM system.processes)",
    "SELECT * FROM tutti.secrets AS marts", "SELECT * FROM marts.votes AS marts, tutti.secrets AS b",
    "SELECT tutti.secrets.who FROM marts.votes", "SELECT * FROM {t:Identifier}", "SELECT * FROM tutti.{t:Identifier}",
    "SELECT 1 AS `a\n   TableIdentifier x`", "SELECT * FROM marts.`votes (alias x)`",
    "SELECT * FROM system.processes", "SELECT * FROM system.query_log", "SELECT * FROM system.server_settings",
    "SELECT * FROM system.stack_trace", "SELECT * FROM system.disks", "SELECT * FROM system.users", "SELECT 1 IN system.processes",
    "SELECT * FROM system.detached_parts", "SELECT * FROM system.build_options", "SELECT * FROM system.`processes`", "DESCRIBE system.processes",
    "SELECT * FROM system.named_collections", "SELECT * FROM system.dictionaries", "SELECT * FROM system.view_refreshes",
    f"SELECT * FROM default.`{HOST_FILE}`", f"SELECT * FROM `default`.`{HOST_FILE}`", f"SELECT 1 IN default.`{HOST_FILE}`",
    f"SELECT * FROM `{HOST_FILE}`", f"SELECT * FROM '{HOST_FILE}'", "SELECT * FROM _temporary_and_external_tables.x",
    f"DESCRIBE default.`{HOST_FILE}`", f"WITH x AS (SELECT 1) SELECT * FROM x, default.`{HOST_FILE}`",
]  # fmt: skip

TABLE_FUNCTIONS = [
    f"SELECT * FROM {call}"
    for call in (
        f"file('{HOST_FILE}', LineAsString)", f"FILE('{HOST_FILE}')", f"`file`('{HOST_FILE}')", f"file/**/('{HOST_FILE}')",
        "url('http://127.0.0.1:1/', CSV, 'a String')", "s3('http://127.0.0.1:1/b', CSV, 'a String')", "gcs('http://127.0.0.1:1/b')",
        "remote('127.0.0.1:1', tutti.secrets)", "remote('127.0.0.1:1', tutti, secrets)", "remoteSecure('127.0.0.1', tutti.secrets)",
        "cluster('default', tutti.secrets)", "clusterAllReplicas('default', tutti, secrets)", "merge('tutti', '.*')",
        "merge(REGEXP('tutti'), '.*')", "mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')", "postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
        "sqlite('/tmp/x.db', 't')", "mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'e String')", "redis('127.0.0.1:1', 'k', 'k String')",
        "executable('cat /etc/passwd', CSV, 'a String')", "jdbc('x', 'y')", "odbc('x', 'y')", "hdfs('hdfs://x/y', CSV, 'a String')",
        "input('a String')", "dictionary('d')", "loop(tutti.secrets)", "loop('tutti', 'secrets')", "python(x)", "Python(x)",
        "arrowstream('x')", "deltaLake('/tmp')", "iceberg('/tmp')", "icebergLocal('/tmp')", "hudi('/tmp')", "fileCluster('default', '/tmp/x')",
        "urlCluster('default', 'http://127.0.0.1:1/')", "azureBlobStorage('x')", "mergeTreeIndex(tutti, secrets)", "filesystem('/etc')",
        "mergeTreeProjection(tutti, secrets, x)", "timeSeriesData(tutti.secrets)", "fuzzQuery('SELECT 1')", "eval('SELECT 1')",
        "viewExplain('EXPLAIN', '', (SELECT * FROM tutti.secrets))", "format(CSV, '1')", "view(SELECT * FROM file('/etc/passwd'))",
        "leak(1)", "tutti.secrets(a = 1)", "bigquery('x')", "prometheusQuery('x', 'y')", "ytsaurus('x')", "paimonLocal('/tmp')",
    )
]  # fmt: skip

FUNCTIONS = [
    f"SELECT {call}"
    for call in (
        f"file('{HOST_FILE}')", f"`file`('{HOST_FILE}')", f'"file"(\'{HOST_FILE}\')', f"file /* */ ('{HOST_FILE}')", f"1 + length(file('{HOST_FILE}'))",
        f"(SELECT file('{HOST_FILE}'))", f"arrayMap(x -> file(x), ['{HOST_FILE}'])", f"if(1, file('{HOST_FILE}'), '')",
        f"x FROM (SELECT file('{HOST_FILE}') AS x)", f"1 WHERE file('{HOST_FILE}') != ''", f"1 IN file('{HOST_FILE}')",
        "joinGet('tutti.secrets', 'who', 1)", "joinGetOrNull('tutti.secrets', 'who', 1)", "dictGet('d', 'a', 1)", "dictGetString('d', 'a', 1)",
        "dictHas('d', 1)", "sleep(3)", "sleepEachRow(3)", "hostName()", "hostname()", "FQDN()", "fullHostName()", "serverUUID()", "tcpPort()",
        "getSetting('max_threads')", "getServerSetting('path')", "getMergeTreeSetting('index_granularity')", "getMacro('x')",
        "globalVariable('version')", "filesystemAvailable()", "filesystemCapacity()", "uptime()", "buildId()", "getOSKernelVersion()",
        "hasColumnInTable('tutti', 'secrets', 'who')", "catboostEvaluate('/tmp/x', 1)", "naiveBayesClassifier('x', 'y')",
        "aiGenerate('x')", "AIGenerate('x')", "addressToLine(1)", "addressToSymbol(1)", "demangle('x')", "logTrace('x')",
        "regionToName(1)", "showCertificate()", "getClientHTTPHeader('x')", "currentRequestURL()", "getServerPort('tcp_port')",
        "structureToProtobufSchema('a UInt8')", "transactionID()", "zookeeperSessionUptime()", "leak(1)", "flameGraph(1)",
        "evalMLMethod(1, 1)", "printf('%9d', 1)", "initialQueryID() = sleep(1)", "connectionId() + sleep(1)",
    )
]  # fmt: skip

CLAUSES = [
    "SELECT 1 INTO OUTFILE '/tmp/tutti-out'", "SELECT 1 into\noutfile '/tmp/tutti-out' FORMAT CSV", "SELECT 1 INTO/**/OUTFILE '/tmp/tutti-out'",
    "SELECT 1 INTO OUTFILE '/tmp/tutti-out' AND STDOUT", "SELECT 1 INTO OUTFILE '/tmp/tutti-out' TRUNCATE COMPRESSION 'gzip'",
    "EXPLAIN SELECT 1 INTO OUTFILE '/tmp/tutti-out'", "EXPLAIN AST SELECT 1 INTO OUTFILE '/tmp/tutti-out'", "DESCRIBE marts.votes INTO OUTFILE '/tmp/tutti-out'",
    "SHOW TABLES INTO OUTFILE '/tmp/tutti-out'", "EXISTS marts.votes INTO OUTFILE '/tmp/tutti-out'", "(SELECT 1) INTO OUTFILE '/tmp/tutti-out'",
    "SELECT 1 UNION ALL SELECT 2 INTO OUTFILE '/tmp/tutti-out'", "SELECT 1 FORMAT CSV INTO OUTFILE '/tmp/tutti-out'",
    "SELECT 1 SETTINGS max_threads = 8", "SELECT 1 SETTINGS readonly = 0", "SELECT * FROM (SELECT 1 SETTINGS max_execution_time = 0)",
    "SELECT 1 FORMAT CSV SETTINGS max_threads = 8", "SELECT 1 SETTINGS additional_table_filters = {}", "SELECT 1 SETTINGS max_threads = 0",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'", "SELECT 1 SETTINGS format_schema = '/etc/passwd:x'",
    "SHOW TABLES SETTINGS max_threads = 8", "DESCRIBE marts.votes SETTINGS max_threads = 8", "EXPLAIN SELECT 1 SETTINGS max_threads = 8",
    "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE tutti.secrets", "SELECT 1;;SELECT 2", "SELECT 1; -- x\nSELECT * FROM tutti.secrets", "; SELECT 1",
    "SELECT 1 -- \\\n; DROP TABLE tutti.secrets", "SELECT '\\'; SELECT 2 --'; SELECT 3", "SELECT $a$ $a$; SELECT 2", "SELECT 1 /* */; SELECT 2 /* */",
    "SELECT ‘a’; SELECT 2", "SELECT 1\x00; SELECT 2", "SELECT 1 FORMAT Null; SELECT 2", "", " ", ";", "--", "/*", "'", "`", "SELECT", "SELECT (", "\x00",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000, "SELECT " + "-" * 1 + " ".join(["NOT"] * 20000) + " 1", "SELECT " + "[" * 5000, "SELECT '" + "\\" * 9999,
]  # fmt: skip


@pytest.mark.parametrize("sql", [*WRITES, *TABLES, *TABLE_FUNCTIONS, *FUNCTIONS, *CLAUSES])
def test_an_attempt_is_refused_and_harms_nothing(published, sql):
    reply = published.ask(body=sql.encode(), analyst=True, param_t="secrets")
    if sql.strip():
        assert reply.status >= 400, reply.text
    assert "hidden" not in reply.text
    assert "root:" not in reply.text
    assert published.sql("SELECT count() FROM marts.votes", analyst=True) == "100"


def test_no_attempt_left_a_file():
    assert not [*TMP.glob("tutti-out*"), *TMP.glob("tutti-backup*")]


def test_invalid_utf8_is_refused(published):
    assert published.ask(body=b"SELECT '\xff'", analyst=True).status == 400


@pytest.mark.parametrize(
    "name",
    [
        "readonly2",
        "max_memory_usage_for_user",
        "additional_table_filters",
        "format_schema",
        "limit",
    ],
)
def test_settings_in_the_url_are_refused(published, name):
    assert published.ask(body="SELECT 1", analyst=True, **{name: "1"}).status == 403


@pytest.mark.parametrize(
    "name", ["readonly", "max_execution_time", "max_threads", "max_result_rows"]
)
def test_limits_that_drivers_send_change_nothing(published, name):
    sql = f"SELECT value FROM system.settings WHERE name = '{name}'"
    before = published.sql(sql, analyst=True)
    assert published.sql(sql, analyst=True, **{name: "999999999999"}) == before


@pytest.mark.parametrize("database", ["tutti", "system", "default/../x", "nothing"])
def test_the_current_database_is_a_published_one(published, database):
    assert (
        published.ask(body="SELECT * FROM secrets", analyst=True, database=database).status == 403
    )
    assert published.sql("SELECT currentDatabase()", analyst=True, database="default") == "marts"
    assert published.sql("SELECT currentDatabase()", analyst=True, database="open") == "open"


def test_the_schema_shows_only_what_is_published(published):
    for sql in (
        "SELECT DISTINCT database FROM system.tables",
        "SELECT DISTINCT database FROM system.columns",
        "SELECT DISTINCT table_schema FROM information_schema.columns",
        "SHOW DATABASES",
        "SELECT name FROM system.databases",
    ):
        assert "tutti" not in published.sql(sql, analyst=True).split(), sql


PATHS = [
    "SELECT * FROM system.databases", "SELECT d.data_path FROM system.databases AS d", "SELECT databases.data_path FROM `system`.databases",
    "SELECT COLUMNS('path') FROM system . `databases`", 'SELECT data_path FROM "system"."databases" x', "WITH x AS (SELECT * FROM system.databases) SELECT * FROM x",
    "SELECT * FROM view(SELECT * FROM system.databases)", "SELECT * FROM (SELECT 1), system.databases, system.tables", "SELECT * FROM (FROM system.databases SELECT data_path)",
    "SELECT p FROM votes WHERE toString(p) IN (SELECT data_path FROM system.databases)", "EXPLAIN SELECT * FROM system.databases", "DESCRIBE system.databases",
    "SELECT * FROM system.tables", "SELECT data_paths, metadata_path FROM system.tables AS t", "SELECT * FROM information_schema.tables", "SELECT * FROM information_schema.schemata",
    "SELECT * FROM system.settings", "SHOW CREATE VIEW votes", "SELECT * FROM system.formats", "SELECT 'system.databases', system.databases.name FROM system.databases",
]  # fmt: skip


@pytest.mark.parametrize("sql", PATHS)
def test_nobody_sees_where_the_data_are(published, sql):
    text = published.ask(body=f"{sql} FORMAT CSV", analyst=True).text  # JSON escapes slashes
    assert str(published.home) not in text
    assert "store/" not in text


def test_hiding_leaves_texts_and_names_alone(published):
    sql = "SELECT 'system.databases', name FROM system.databases WHERE name = 'marts'"
    assert published.sql(sql, analyst=True) == "system.databases\tmarts"
    sql = "SELECT count() > 0 FROM system.tables AS t WHERE t.database IN (SELECT name FROM system.databases)"
    assert published.sql(sql, analyst=True) == "1"


COSTLY = [
    "SELECT range(1000000000)", "SELECT repeat(repeat('x', 1000000), 1000000)", "SELECT arrayWithConstant(1000000000, 1)", "SELECT randomString(1000000000)",
    "SELECT h3ToChildren(599405990164561919, 15)", "SELECT length(h3kRing(579205133326352383, 10000))",
    "SELECT arrayExists(x -> arrayExists(y -> x + y = -1, range(100000)), range(100000))", "SELECT uniqExact(number) FROM numbers(1e10)",
    "WITH RECURSIVE t AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM t) SELECT count() FROM t", "SELECT editDistance(repeat('a', 1000000), repeat('b', 1000000))",
    "SELECT DISTINCT number FROM numbers(1e11) FORMAT Null", "SELECT number FROM numbers(1e18) LIMIT 1000001 FORMAT Null", "SELECT arrayJoin(range(10000000)) FROM numbers(1e9) FORMAT JSON",
]  # fmt: skip


@pytest.mark.parametrize("sql", COSTLY)
def test_what_would_exhaust_the_machine_ends_with_an_error(published, sql):
    assert published.ask(body=sql, analyst=True).code in {1, 69, 131, 164, 241, 306, 396}


def test_memory_and_result_sizes_are_bounded(published):
    memory = published.ask(body="SELECT groupArray(number) FROM numbers(1e10)", analyst=True)
    assert memory.code == 241
    rows = published.ask(body="SELECT number FROM numbers(3000000) FORMAT JSON", analyst=True)
    assert rows.code == 396


def test_clickhouse_connect_reads_as_an_analyst(published):
    client = clickhouse_connect.get_client(host="127.0.0.1", port=published.analyst_port)
    assert client.query("SELECT count() FROM votes").first_row == (100,)
    assert client.query("SELECT {m:UInt8}", parameters={"m": 3}).first_row == (3,)
    assert len(client.query_df("SELECT * FROM marts.votes")) == 100
