import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import lz4.frame
import pytest
from backports import zstd
from clickhouse_process import until

ROWS = b'{"a":1,"b":"x"}\n{"a":2,"b":"it\'s\\n"}\n'


def test_rows_come_in_as_json_with_the_query_in_the_url(server, table):
    reply = server.ask(body=ROWS, query=f"INSERT INTO {table} FORMAT JSONEachRow")
    assert reply.status == 200
    assert json.loads(reply.headers["x-clickhouse-summary"])["written_rows"] == "2"
    assert server.sql(f"SELECT sum(a) FROM {table}") == "3"


def test_rows_come_in_behind_the_query(server, table):
    server.sql(f"INSERT INTO {table} (a, b) FORMAT JSONEachRow\n" + ROWS.decode())
    server.sql(f"INSERT INTO {table} VALUES (3, 'FORMAT CSV'), (4, '); DROP TABLE x')")
    server.sql(f"INSERT INTO {table} (a) SELECT number + 10 FROM numbers(2)")
    assert server.sql(f"SELECT sum(a) FROM {table}") == "31"


FORMATS = ["Native", "RowBinary", "Parquet", "Arrow", "CSV", "TSV", "JSONEachRow", "Values"]
FORMATS += ["RowBinaryWithNamesAndTypes", "CSVWithNames", "TSVWithNamesAndTypes"]


@pytest.mark.parametrize("name", FORMATS)
def test_what_comes_out_goes_in_again(server, table, name):
    sql = f"SELECT number AS a, char(number % 256, 10, 34) AS b FROM numbers(200000) FORMAT {name}"
    data = server.ask(body=sql).body
    query = f"INSERT INTO {table} FORMAT {name}"
    assert server.ask(body=data, query=query).status == 200
    assert server.ask(body=query.encode() + b"\n" + data).status == 200
    expected = server.sql("SELECT 2 * sum(number), 2 * sum(number % 256) FROM numbers(200000)")
    assert server.sql(f"SELECT sum(a), sum(reinterpretAsUInt8(b)) FROM {table}") == expected


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("gzip", gzip.compress),
        ("lz4", lz4.frame.compress),
        ("zstd", zstd.compress),
        ("lz4", lambda b: lz4.frame.compress(b) + lz4.frame.compress(b)),
        ("gzip", lambda b: gzip.compress(b) + gzip.compress(b)),
        ("zstd", lambda b: 2 * zstd.compress(b)),
    ],
)
def test_compressed_bodies_are_read_to_their_end(server, table, name, compress):
    body = compress(b"7,x\n" * 100_000)
    headers = {"Content-Encoding": name}
    query = f"INSERT INTO {table} FORMAT CSV"
    assert server.ask(body=body, headers=headers, query=query).status == 200
    frames = len(body) // len(compress(b"7,x\n" * 100_000)) and server.sql(
        f"SELECT count() / 100000 FROM {table}"
    )
    assert frames in {"1", "2"}
    broken = server.ask(body=body[:-6], headers=headers, query=query)
    assert broken.status == 400
    assert server.sql(f"SELECT count() / 100000 FROM {table}") == frames


def test_one_wrong_row_stops_the_whole_insert(server, table):
    reply = server.ask(body=ROWS + b'{"a":"?"}', query=f"INSERT INTO {table} FORMAT JSONEachRow")
    assert (reply.status, reply.code) == (400, 27)
    assert server.sql(f"SELECT count() FROM {table}") == "0"


def test_an_empty_insert_writes_nothing(server, table):
    assert server.ask(query=f"INSERT INTO {table} FORMAT JSONEachRow").status == 200
    assert server.sql(f"SELECT count() FROM {table}") == "0"


def test_bodies_over_the_limit_are_refused(server, table):
    bomb = gzip.compress(b"0" * (300 * 1024 * 1024), 1)
    query = f"INSERT INTO {table} FORMAT CSV"
    reply = server.ask(body=bomb, headers={"Content-Encoding": "gzip"}, query=query)
    assert reply.status == 413
    assert "larger than" in reply.text
    assert server.ask(body=b"SELECT '" + b"x" * 2**21 + b"'", analyst=True).status == 413


def test_insert_select_reads_the_body_through_input(server, table):
    query = (
        f"INSERT INTO {table} SELECT x + 1, upper(y) FROM input('x UInt64, y String')"
        " WHERE x < 3 FORMAT JSONEachRow"
    )
    assert server.ask(body=b'{"x":1,"y":"q"}\n{"x":5,"y":"r"}', query=query).status == 200
    assert server.sql(f"SELECT a, b FROM {table}") == "2\tQ"
    assert not [p for p in (server.home / "tmp" / "clickhouse").iterdir() if p.suffix != ".xml"]


def test_parameters_work_in_inserts(server, table):
    url = {"param_x": "5", "param_t": "t"}
    server.sql("INSERT INTO tutti.{t:Identifier} (a) VALUES ({x:UInt64})", **url)
    assert server.sql(f"SELECT a FROM {table}") == "5"


def test_a_slow_query_does_not_delay_an_insert(server, table):
    """Ordering, not time: the insert answers and can be read while the select still runs."""
    slow = (
        "SELECT sleepEachRow(0.5) FROM numbers(40) SETTINGS max_block_size = 1,"
        " function_sleep_max_microseconds_per_block = 0 FORMAT JSON"
    )
    running = "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(0.5)%'"
    with ThreadPoolExecutor(5) as pool:
        queries = [pool.submit(server.ask, body=slow) for _ in range(5)]
        until(lambda: int(server.sql(running)) > 5)  # the sixth is this one
        assert server.ask("/ping", method="GET").status == 200
        assert server.ask(body=ROWS, query=f"INSERT INTO {table} FORMAT JSONEachRow").status == 200
        assert server.sql(f"SELECT count() FROM {table}") == "2"
        assert not any(query.done() for query in queries)
        server.sql("KILL QUERY WHERE query LIKE '%sleepEachRow(0.5)%' ASYNC")
        assert {query.result().code for query in queries} == {394}


def test_heavy_analysts_do_not_delay_inserts(server, table):
    """Twenty inserts are written while two heavy queries run and more of them wait."""

    def insert_seconds() -> float:
        started = time.monotonic()
        sent = server.ask(body=ROWS, query=f"INSERT INTO {table} FORMAT JSONEachRow")
        assert sent.status == 200
        return time.monotonic() - started

    before = median(insert_seconds() for _ in range(20))
    heavy = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = {n:UInt8}"
    running = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number)%'"
    with ThreadPoolExecutor(5) as pool:
        queries = [
            pool.submit(server.ask, body=heavy, analyst=True, param_n=str(n), query_id=f"heavy{n}")
            for n in range(5)
        ]
        until(lambda: int(server.sql(running)) > 2)  # the third is this one
        beside = median(insert_seconds() for _ in range(20))
        assert not any(query.done() for query in queries)
        assert server.sql(running) == "3"
        assert server.sql(f"SELECT count() FROM {table}") == "80"
        for n in range(5):
            server.sql(f"KILL QUERY WHERE query_id = 'heavy{n}'", analyst=True)
        assert {query.result().code for query in queries} == {394}
    after = median(insert_seconds() for _ in range(20))
    # Two to five times as long, because two threads compute on the same cores; below 10 ms what
    # counts is how the system shares them out. To wait for a query would be 30 s, its longest time.
    assert beside < 20 * max(before, after, 0.01)


def test_ping_answers_while_every_place_is_taken(server):
    slow = (
        "SELECT sleepEachRow(0.1) FROM numbers(10) SETTINGS max_block_size = 1,"
        " function_sleep_max_microseconds_per_block = 0"
    )
    with ThreadPoolExecutor(12) as pool:
        queries = [pool.submit(server.ask, body=slow) for _ in range(12)]
        until(lambda: sum(query.running() for query in queries) == len(queries))
        assert server.ask("/ping", method="GET").text == "Ok.\n"
        assert not any(query.done() for query in queries)
        assert {query.result().status for query in queries} == {200}
