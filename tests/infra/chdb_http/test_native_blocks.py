"""Go's driver reads every type that the views have, in blocks of the revision that it asks for."""

import pytest
from grafana_driver import CLIENT_PROTOCOL_VERSION, DriverError, GrafanaDriver

from infra.chdb_http.native_blocks import CUSTOM_SERIALIZATION, with_revision

VALUES = {
    "UInt8": "toUInt8(number)", "Int64": "toInt64(number) - 1", "UInt128": "toUInt128(number)",
    "Float64": "number / 4", "Bool": "number % 2 = 0", "Date": "toDate('2026-06-20') + number",
    "DateTime": "toDateTime('2026-06-20 12:00:00', 'UTC') + number",
    "DateTime64": "toDateTime64('2026-06-20 12:00:00.123', 3, 'UTC') + number",
    "String": "repeat('ß', number * 40)", "FixedString": "toFixedString(toString(number), 3)",
    "UUID": "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", "IPv6": "toIPv6('::1')",
    "Decimal32": "toDecimal32(number, 2)", "Decimal128": "toDecimal128(number, 2)",
    "Enum": "CAST(number % 2 + 1 AS Enum8('a, (b' = 1, 'it\\'s' = 2))",
    "Nullable": "if(number % 2 = 0, NULL, toString(number))", "Nothing": "NULL",
    "LowCardinality": "toLowCardinality(toString(number % 3))",
    "LowCardinality(Nullable)": "toLowCardinality(if(number % 3 = 0, NULL, toString(number % 3)))",
    "Array": "range(number)", "Array(Array(String))": "[[toString(number)], []]",
    "Array(LowCardinality)": "arrayMap(n -> toLowCardinality(toString(n % 2)), range(number % 5))",
    "Tuple": "tuple(number, toString(number))",
    "named Tuple": "CAST((number, 'x') AS Tuple(a UInt64, `b, (c` LowCardinality(String)))",
    "Map": "map('a', number, 'b', number + 1)",
    "Map(LowCardinality)": "CAST(map('a', 'b') AS Map(LowCardinality(String), String))",
    "Array(Tuple)": "arrayMap(n -> (n, toString(n)), range(number % 4))",
    "Interval": "toIntervalDay(number)", "many keys": "toLowCardinality(toString(number * 7))",
}  # fmt: skip


@pytest.fixture(scope="module")
def grafana(server):
    return GrafanaDriver(server.port, database="default")


@pytest.fixture(scope="module")
def client(server):
    return server.client()


@pytest.mark.parametrize("rows", [0, 1, 300])
def test_columns_of_every_type_are_read_one_behind_the_other(grafana, client, rows):
    columns = ", ".join(f"{value} AS `{kind}`" for kind, value in VALUES.items())
    sql = f"SELECT {columns}, 'tail' AS tail FROM numbers({rows})"
    found, expected = grafana.query(sql), client.query(sql)
    assert found.names == [*VALUES, "tail"]
    assert len(found.rows) == rows
    for number, name in enumerate(found.names):
        column = [row[number] for row in found.rows]
        assert column == [row[number] for row in expected.result_rows], name


def test_many_blocks_are_read_one_after_the_other(grafana):
    found = grafana.query(
        "SELECT number, toString(number), toLowCardinality(toString(number % 5))"
        " FROM numbers(5000) SETTINGS max_block_size = 700"
    )
    assert [row[0] for row in found.rows] == list(range(5000))
    assert found.rows[-1] == (4999, "4999", "4")


def test_whole_answers_have_the_same_form(grafana):
    assert ("default",) in grafana.query("SHOW DATABASES").rows
    assert grafana.query("EXISTS TABLE nothing").rows == [(0,)]
    totals = grafana.query("SELECT number % 2 AS n, count() FROM numbers(4) GROUP BY n WITH TOTALS")
    assert sorted(totals.rows)[:2]


def test_a_type_whose_end_is_not_known_is_refused_and_says_what_to_do(grafana):
    with pytest.raises(DriverError, match=r"AggregateFunction.* use toString"):
        grafana.query("SELECT uniqState(number) AS uniqState FROM numbers(3)")


def test_who_does_not_ask_for_a_revision_gets_what_was_sent_before(server, client):
    for revision in ("", "0", "54405"):
        url = {"client_protocol_version": revision} if revision else {}
        reply = server.ask(body="SELECT 1 AS check", default_format="Native", **url)
        assert reply.body == b"\x01\x01\x05check\x05UInt8\x01"
    assert client.query("SELECT 1, 'a'").result_rows == [(1, "a")]


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "9" * 30])
def test_a_revision_that_is_none_is_refused(server, given):
    reply = server.ask(body="SELECT 1", client_protocol_version=given)
    assert (reply.status, reply.code) == (400, 36)


def test_an_error_after_some_blocks_is_told(grafana, server):
    with pytest.raises(DriverError, match="FUNCTION_THROW_IF"):
        grafana.query("SELECT throwIf(number = 10) FROM numbers(20)")
    assert server.sql("SELECT 1") == "1"


def test_no_block_is_nothing():
    assert with_revision(b"") == b""
    assert CLIENT_PROTOCOL_VERSION >= CUSTOM_SERIALIZATION
