import gzip
import json
import zlib

import lz4.frame
import psutil
import pytest
from backports import zstd


def test_ping_and_the_bare_address_answer_ok(server):
    assert server.ask("/ping", method="GET").text == "Ok.\n"
    assert server.ask("/", method="GET").text == "Ok.\n"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_query_may_stand_in_the_url(server, method):
    assert server.ask(method=method, query="SELECT 1").body == b"1\n"


def test_the_query_may_be_split_between_url_and_body(server):
    assert server.ask(body="+ 1", query="SELECT 1").body == b"2\n"


@pytest.mark.parametrize(
    ("sql", "url", "headers", "name"),
    [
        ("SELECT 1 AS a", {}, {}, "TabSeparated"),
        ("SELECT 1 AS a", {"default_format": "JSON"}, {}, "JSON"),
        ("SELECT 1 AS a", {}, {"X-ClickHouse-Format": "CSVWithNames"}, "CSVWithNames"),
        ("SELECT 1 AS a FORMAT JSONEachRow", {"default_format": "JSON"}, {}, "JSONEachRow"),
        ("SELECT 1 AS a FORMAT Vertical -- FORMAT CSV\n;", {}, {}, "Vertical"),
        ("SELECT 'FORMAT CSV' AS a", {}, {}, "TabSeparated"),
    ],
)
def test_the_format_comes_from_query_url_or_header(server, sql, url, headers, name):
    assert server.ask(body=sql, headers=headers, **url).headers["x-clickhouse-format"] == name


def test_answers_carry_query_id_time_zone_and_summary(server):
    reply = server.ask(body="SELECT sum(number) FROM numbers(10) FORMAT JSON", query_id="mine")
    assert reply.headers["x-clickhouse-query-id"] == "mine"
    assert reply.headers["x-clickhouse-timezone"] == "UTC"
    assert json.loads(reply.headers["x-clickhouse-summary"])["read_rows"] == "10"


def test_the_time_zone_is_utc_wherever_the_server_runs(server):
    assert server.sql("SELECT timezone(), toString(toDateTime(0))") == "UTC\t1970-01-01 00:00:00"


def test_parameters_are_values_not_text(server):
    url = {"param_s": "it's \\' \\n --", "param_n": "7", "param_l": "[1,2]"}
    sql = "SELECT {s:String}, {n:UInt8}, {l:Array(UInt8)} FORMAT JSONCompactEachRow"
    assert json.loads(server.sql(sql, **url)) == ["it's ' \n --", 7, [1, 2]]


def test_settings_hold_for_one_request_only(server):
    sql = "SELECT getSetting('max_block_size')"
    before = server.sql(sql)
    assert server.sql(sql, max_block_size="17") == "17"
    assert server.sql(sql) == before
    assert server.sql("SELECT currentDatabase()") == "local"
    assert server.sql("SELECT currentDatabase()", database="tutti") == "tutti"


def test_asynchronous_inserts_stay_off(server):
    assert server.sql("SELECT getSetting('async_insert')", async_insert="1") == "false"


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELEC 1", 400, 62),
        ("SELECT nothing", 404, 47),
        ("SELECT * FROM tutti.nothing", 404, 60),
        ("SELECT * FROM nothing.nothing", 404, 81),
        ("SELECT noSuchFunction()", 404, 46),
        ("SELECT throwIf(1)", 500, 395),
        ("INSERT INTO tutti.nothing FORMAT CSV\n1", 404, 60),
        # Bytes that are no UTF-8: in the statement as the engine writes it, in its errors.
        ("SELECT '\\xFF'", 400, 36),
        ("SELECT toUInt8(unhex('FF'))", 400, 6),
        ("SELECT toUInt8(unhex('FF')) FORMAT JSON", 400, 6),
        ("EXPLAIN SELECT toUInt8(unhex('FF'))", 400, 6),
        ("INSERT INTO FUNCTION null('a UInt8') SELECT throwIf(1, unhex('FF'))", 500, 395),
    ],
)
def test_errors_have_the_engines_code_and_text(server, sql, status, code):
    reply = server.ask(body=sql)
    assert (reply.status, reply.code) == (status, code)
    assert reply.text.startswith(f"Code: {code}. DB::Exception: ")


def test_an_unknown_setting_is_an_error(server):
    assert server.ask(body="SELECT 1", no_such_setting="1").code == 115


def test_get_changes_nothing(server):
    reply = server.ask(method="GET", query="CREATE DATABASE never")
    assert reply.code == 164
    assert "never" not in server.sql("SHOW DATABASES")


@pytest.mark.parametrize(
    ("name", "undo"),
    [
        ("gzip", gzip.decompress),
        ("deflate", zlib.decompress),
        ("lz4", lz4.frame.decompress),
        ("zstd", zstd.decompress),
    ],
)
@pytest.mark.parametrize("rows", [3_000, 300_000])
def test_answers_are_compressed_as_the_client_accepts(server, name, undo, rows):
    reply = server.ask(
        body=f"SELECT number FROM numbers({rows})",
        headers={"Accept-Encoding": name},
        enable_http_compression="1",
    )
    assert reply.headers["content-encoding"] == name
    assert undo(reply.body) == b"".join(b"%d\n" % n for n in range(rows))


def test_large_answers_come_in_pieces_and_whole(server):
    reply = server.ask(body="SELECT number, repeat('x', 100) FROM numbers(500000) FORMAT CSV")
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.body.count(b"\n") == 500_000


def test_an_error_after_the_first_piece_breaks_the_answer(server):
    client = server.client()
    sql = "SELECT throwIf(number = 5000000) FROM numbers(10000000)"
    with pytest.raises(Exception, match="FUNCTION_THROW_IF"):
        list(client.query(sql).result_rows)  # the client reads lazily


def test_two_databases_join(server):
    server.sql("CREATE TABLE tutti.left (k UInt8) ENGINE = MergeTree ORDER BY k")
    server.sql("CREATE TABLE open.right (k UInt8, w String) ENGINE = MergeTree ORDER BY k")
    server.sql("INSERT INTO tutti.left VALUES (1), (2)")
    server.sql("INSERT INTO open.right VALUES (2, 'two')")
    assert server.sql("SELECT w FROM tutti.left JOIN open.right USING k") == "two"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "CREATE DATABASE one; CREATE DATABASE two",
        "CREATE TABLE tutti.k (a UInt8) ENGINE = Kafka",
        "CREATE TABLE tutti.k (a UInt8) engine Kafka SETTINGS kafka_broker_list = 'x'",
        "SELECT '\udcff'",
    ],
)
def test_what_would_harm_the_engine_is_refused(server, sql):
    assert server.ask(body=sql.encode(errors="surrogateescape")).status == 400
    assert "one" not in server.sql("SHOW DATABASES").split()


@pytest.mark.parametrize("sql", ["SELECT 1;", "SELECT 1 ; -- end", "SELECT ';' ;;"])
def test_a_final_semicolon_is_no_second_statement(server, sql):
    assert server.ask(body=sql).status == 200


HEADS = {
    "TSVWithNames": b"a\tb\\n\n",
    "TSVWithNamesAndTypes": b"a\tb\\n\nUInt8\tString\n",
    "CSVWithNames": b'"a","b\n"\n',
    "CSVWithNamesAndTypes": b'"a","b\n"\n"UInt8","String"\n',
    "JSONCompactEachRowWithNames": b'["a", "b\\n"]\n',
    "RowBinaryWithNames": b"\x02\x01a\x02b\n",
    "RowBinaryWithNamesAndTypes": b"\x02\x01a\x02b\n\x05UInt8\x06String",
    "Native": b"\x02\x00\x01a\x05UInt8\x02b\n\x06String",
}


@pytest.mark.parametrize("name", HEADS)
def test_names_come_once_also_without_rows(server, name):
    sql = "SELECT 1 AS a, 'x' AS `b\\n` FROM numbers({n:UInt64})"
    size = {"max_block_size": "7"}
    none = server.ask(body=f"{sql} FORMAT {name}", param_n="0", **size).body
    assert none == HEADS[name]
    if name == "Native":
        return  # there each block has names
    one = server.ask(body=f"{sql} FORMAT {name}", param_n="1", **size).body
    many = server.ask(body=f"{sql} FORMAT {name}", param_n="100", **size).body
    row = one.removeprefix(HEADS[name])
    assert (one, many) == (HEADS[name] + row, HEADS[name] + 100 * row)


def test_totals_come_behind_the_rows(server):
    sql = "SELECT number % 2 AS a, count() FROM numbers(4) GROUP BY a WITH TOTALS ORDER BY a"
    assert server.sql(f"{sql} FORMAT CSV") == "0,2\n1,2\n\n0,4"


@pytest.mark.parametrize("strange", ["'\\", '"\\', "`\\", "/*`\\"])
@pytest.mark.parametrize(("analyst", "size"), [(True, 32_000), (False, 240_000)])
def test_a_long_strange_statement_delays_nobody(server, strange, analyst, size):
    """Took a minute of the one event loop: each quote looked for its end again."""
    process = psutil.Process(server.process.pid)
    before = sum(process.cpu_times()[:2])
    reply = server.ask(body="SELECT " + strange * (size // len(strange)), analyst=analyst)
    assert reply.status == 400
    assert server.sql("SELECT 1") == "1"
    # It takes 0.03 s of a core, however busy the others are. Where a quote looks for its end again,
    # reading the words once takes 24 s at least, more than 100 s for most; and they are read
    # several times.
    assert sum(process.cpu_times()[:2]) - before < 10
