"""clickhouse-connect, the client that everything here uses, and curl."""

import datetime as dt
import io
import ipaddress
import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import clickhouse_connect
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError


@pytest.fixture(params=["lz4", "zstd", "gzip", False])
def client(server, request):
    client = server.client(compress=request.param)
    yield client
    client.close()


def test_it_connects_and_knows_version_and_time_zone(server):
    client = server.client()
    assert client.server_tz == dt.UTC or str(client.server_tz) == "UTC"
    assert client.server_version.startswith("26.")


def test_rows_go_in_and_come_out(client, table):
    rows = [[1, "x"], [2, "it's\n\t\\"], [3, "ü"]]
    summary = client.insert(table, rows, column_names=["a", "b"])
    assert summary.written_rows == 3
    assert [list(row) for row in client.query(f"SELECT * FROM {table}").result_rows] == rows


def test_data_frames_go_in_and_come_out(client, table):
    frame = pd.DataFrame({"a": range(200_000), "b": [f"y{n}" for n in range(200_000)]})
    client.insert_df(table, frame)
    back = client.query_df(f"SELECT * FROM {table} ORDER BY a")
    assert back.to_dict("list") == frame.to_dict("list")


def test_an_empty_answer_still_has_its_columns(client, table):
    assert client.query(f"SELECT a, b FROM {table}").column_names == ("a", "b")


def test_parameters_and_settings(client):
    values = {"s": "it's\ta\n\\b", "l": [1, 2], "d": dt.date(2026, 1, 2)}
    row = client.query("SELECT {s:String}, {l:Array(UInt8)}, {d:Date}", parameters=values)
    assert row.result_rows == [("it's\ta\n\\b", [1, 2], dt.date(2026, 1, 2))]
    sql = "SELECT getSetting('max_block_size')"
    assert client.query(sql, settings={"max_block_size": 9}).first_row == (9,)
    assert client.query(sql).first_row != (9,)


def test_commands(client):
    assert client.command("SELECT 1 + 1") == 2
    client.command("CREATE DATABASE IF NOT EXISTS tutti")
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        client.command("DROP TABLE tutti.nothing")


def test_arrow_and_streams(client):
    assert client.query_arrow("SELECT number FROM numbers(3)")["number"].to_pylist() == [0, 1, 2]
    with client.query_row_block_stream("SELECT number FROM numbers(1000000)") as stream:
        assert sum(len(block) for block in stream) == 1_000_000


def test_many_at_a_time(server, table):
    def work(n):
        client = server.client()
        client.insert(table, [[n, "z"]], column_names=["a", "b"])
        return client.command("SELECT 1")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(40))) == [1] * 40
    assert server.sql(f"SELECT count(), sum(a) FROM {table}") == "40\t780"


def test_curl_works(server):
    url = f"http://127.0.0.1:{server.port}/"
    command = ["curl", "-sS", "--compressed", url, "--data-binary", "SELECT 1 FORMAT CSV"]
    assert subprocess.check_output(command) == b"1\n"
    assert subprocess.check_output(["curl", "-sS", "-G", url, "-d", "query=SELECT+2"]) == b"2\n"


NAIVE = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - the client's form of UTC
PARAMETERS = [
    ("String", "it's\ta\n\\b {x:Int8} ü", None),
    ("UInt64", 2**64 - 1, None),
    ("Int128", -(2**100), None),
    ("Float64", 0.1, None),
    ("Decimal(18, 4)", Decimal("-12.3456"), None),
    ("Bool", True, None),
    ("Date", dt.date(2026, 1, 2), None),
    ("DateTime('UTC')", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), NAIVE),
    ("UUID", uuid.UUID(int=7), None),
    ("IPv4", ipaddress.IPv4Address("127.0.0.1"), None),
    ("Nullable(String)", None, None),
    ("Array(String)", ["a'b", "\\", "c\n,]"], None),
    ("Array(Array(UInt8))", [[1], [], [2, 3]], None),
    ("Tuple(UInt8, String)", (1, "x'y"), None),
    ("Map(UInt8, UInt8)", "{1:2}", {1: 2}),
    ("LowCardinality(String)", "low", None),
    ("Enum8('a' = 1)", "a", None),
]


@pytest.mark.parametrize(("kind", "value", "other"), PARAMETERS)
@pytest.mark.parametrize("analyst", [False, True])
def test_parameters_of_every_common_type(server, kind, value, other, analyst):
    port = server.analyst_port if analyst else server.port
    client = clickhouse_connect.get_client(host="127.0.0.1", port=port)
    found = client.query(f"SELECT {{v:{kind}}}", parameters={"v": value}).first_row[0]
    assert found == (value if other is None else other)


def test_raw_arrow_and_column_inserts(client, table):
    client.insert(table, [[1, 2], ["x", "y"]], column_names=["a", "b"], column_oriented=True)
    client.raw_insert(table, ["a", "b"], b'{"a":3,"b":"z"}\n', fmt="JSONEachRow")
    client.raw_insert(table, ["a", "b"], b"4,w\n", fmt="CSV", compression=None)
    arrow = pa.table({"a": pa.array([5], pa.uint64()), "b": ["v"]})
    client.insert_arrow(table, arrow)
    file = io.BytesIO()
    pq.write_table(arrow, file)
    client.raw_insert(table, ["a", "b"], file.getvalue(), fmt="Parquet")
    rows = [(1, "x"), (2, "y"), (3, "z"), (4, "w"), (5, "v"), (5, "v")]
    assert client.query(f"SELECT a, b FROM {table} ORDER BY a").result_rows == rows


def test_frames_of_every_column_type_come_back(client):
    sql = (
        "SELECT toUInt32(number) AS n, toNullable(toString(number)) AS s, number / 3 AS f,"
        " toDateTime64(number, 3, 'UTC') AS t, [number, 1] AS l, toLowCardinality('x') AS c,"
        " CAST(('a', number), 'Tuple(k String, v UInt64)') AS u FROM numbers(3)"
    )
    assert client.query_df(sql).to_dict("list") == {
        "n": [0, 1, 2],
        "s": ["0", "1", "2"],
        "f": [0, 1 / 3, 2 / 3],
        "t": [pd.Timestamp(n, unit="s") for n in range(3)],
        "l": [[n, 1] for n in range(3)],
        "c": ["x"] * 3,
        "u": [{"k": "a", "v": n} for n in range(3)],
    }
    assert client.query_np("SELECT number FROM numbers(5)").tolist() == [[n] for n in range(5)]
    with client.query_df_stream("SELECT number FROM numbers(500000)") as stream:
        assert pd.concat(stream)["number"].tolist() == list(range(500_000))


def test_an_error_names_its_code(client):
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as caught:
        client.query("SELECT * FROM tutti.nothing")
    assert caught.value.code == 60 or "60" in str(caught.value)
    with pytest.raises(DatabaseError, match="FUNCTION_THROW_IF"):
        list(client.query("SELECT throwIf(number = 5000000) FROM numbers(6000000)").result_rows)


def test_readers_and_writers_see_exact_counts(server, table):
    """No reader ever sees a part of a batch, or fewer rows than before."""
    writers, batches, rows = 4, 25, 500
    done = threading.Event()

    def write(number: int) -> None:
        client = server.client()
        for batch in range(batches):
            first = (number * batches + batch) * rows
            data = [[first + row, "x"] for row in range(rows)]
            client.insert(table, data, column_names=["a", "b"])

    def read(_: int) -> list[int]:
        client = server.client()
        seen = list[int]()
        while not done.is_set():
            seen.append(int(client.command(f"SELECT count() FROM {table}")))
        return seen

    with ThreadPoolExecutor(writers + 3) as pool:
        readers = [pool.submit(read, number) for number in range(3)]
        for writer in [pool.submit(write, number) for number in range(writers)]:
            writer.result()
        done.set()
        for reader in readers:
            seen = reader.result()
            assert seen == sorted(seen)
            assert all(count % rows == 0 for count in seen)
    total = writers * batches * rows
    sums = f"SELECT count(), uniqExact(a), sum(a) FROM {table}"
    assert server.sql(sums) == f"{total}\t{total}\t{total * (total - 1) // 2}"
