"""clickhouse-connect, the client that everything here uses, and curl."""

import datetime as dt
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
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
    frame = pd.DataFrame({"a": range(200_000), "b": ["y"] * 200_000})
    client.insert_df(table, frame)
    back = client.query_df(f"SELECT * FROM {table} ORDER BY a")
    assert back["a"].tolist() == frame["a"].tolist()


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
