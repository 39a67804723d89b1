"""Splitting statements needs no server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.chdb_http.compression import compressor, decompress
from infra.chdb_http.statement import fault, insert, last_format, tokens, without_format


@given(data=st.binary())
def test_data_behind_the_statement_are_taken_byte_for_byte(data):
    found = insert(b"INSERT INTO t (a) FORMAT Native\n" + data, b"")
    assert found
    assert (found.head.strip(), found.format, found.data) == (b"INSERT INTO t (a)", "Native", data)


@given(data=st.binary(min_size=1))
def test_data_beside_the_statement_are_taken_byte_for_byte(data):
    found = insert(b"INSERT INTO t FORMAT RowBinary", data)
    assert found
    assert found.data == data


@pytest.mark.parametrize(
    ("sql", "head", "data"),
    [
        (b"INSERT INTO t VALUES (1)", b"INSERT INTO t", b" (1)"),
        (b"INSERT INTO t (`values`, b) VALUES (1)", b"INSERT INTO t (`values`, b)", b" (1)"),
        (b"insert into values values (1)", b"insert into values", b" (1)"),
        (b"INSERT INTO t.values VALUES (1)", b"INSERT INTO t.values", b" (1)"),
        (b"INSERT INTO format VALUES (1)", b"INSERT INTO format", b" (1)"),
        (b"INSERT INTO t.FORMAT FORMAT CSV\n1", b"INSERT INTO t.FORMAT", b"1"),
        (b"INSERT INTO t /* FORMAT CSV */ FORMAT CSV\n1", b"INSERT INTO t /* FORMAT CSV */", b"1"),
        (b"INSERT INTO t SETTINGS a = 'FORMAT' FORMAT CSV 1", None, b"1"),
        (b"INSERT INTO t FORMAT CSV\r\n\r\n1", None, b"\r\n1"),
    ],
)
def test_the_head_ends_where_the_data_begin(sql, head, data):
    found = insert(sql, b"")
    assert found
    assert found.data == data
    if head:
        assert found.head.strip() == head


@pytest.mark.parametrize(
    "sql",
    [
        b"INSERT INTO t SELECT 1",
        b"INSERT INTO t SELECT 'FORMAT CSV' FORMAT Null",
        b"INSERT INTO t WITH 1 AS x SELECT x",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"INSERT INTO t (a) SELECT * FROM values('a UInt8', 1)",
    ],
)
def test_an_insert_without_data_runs_as_it_is(sql):
    assert insert(sql, b"") is None


@pytest.mark.parametrize(
    ("sql", "name", "rest"),
    [
        (b"SELECT 1 FORMAT JSON ; ", "JSON", b"SELECT 1"),
        (b"SELECT format('{}', 1)", "", b"SELECT format('{}', 1)"),
        (b"SELECT (SELECT 1 FORMAT CSV)", "", b"SELECT (SELECT 1 FORMAT CSV)"),
        (b"SELECT 1 --FORMAT CSV", "", b"SELECT 1 --FORMAT CSV"),
        (b"SELECT 1 FORMAT CSV SETTINGS a = 1", "CSV", b"SELECT 1"),
        (b"SELECT format FROM t", "", b"SELECT format FROM t"),
        (b"SELECT FORMAT AS x FROM FORMAT AS y", "", b"SELECT FORMAT AS x FROM FORMAT AS y"),
        (b"SELECT FORMAT FORMAT CSV", "CSV", b"SELECT FORMAT"),
    ],
)
def test_a_query_names_its_format_at_its_end(sql, name, rest):
    assert (last_format(sql), without_format(sql, name)) == (name, rest)


def test_a_last_word_that_is_not_the_format_of_the_response_stays():
    sql = b"SELECT 1 FROM t ORDER BY FORMAT ASC"
    assert without_format(sql, "TabSeparated") == sql


def test_faults_are_seen_outside_of_strings_only():
    assert fault(b"SELECT ';', 'ENGINE = Kafka';") == ""
    assert fault(b"SELECT 1; SELECT 2")
    assert fault(b"create table t (a Int8) engine=kafka()")


@pytest.mark.parametrize("opened", ["'", '"', "`", "$tag$"])
@pytest.mark.parametrize("rest", ["", " a b", "\\", " $a$ /* a\\"])
def test_what_is_not_closed_reaches_to_the_end(opened, rest):
    """Otherwise each place within looks for an end that is not there: the square of the length."""
    sql = f"SELECT {opened}{rest}".encode()
    assert [sql[token.start :] for token in tokens(sql)] == [sql, sql.removeprefix(b"SELECT ")]
    assert [token.text for token in tokens(b"SELECT /*" + sql)] == [b"SELECT"]


@pytest.mark.parametrize("name", ["lz4", "zstd", "gzip", "deflate"])
@given(pieces=st.lists(st.binary(max_size=2000), max_size=5))
def test_what_is_compressed_in_pieces_is_one_body(name, pieces):
    found = compressor(name)
    assert found
    packed = b"".join(found[1].compress(piece) for piece in pieces) + found[1].flush()
    assert decompress(packed, name, 100_000) == b"".join(pieces)
