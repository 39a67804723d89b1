"""ClickHouse's own compression: the blocks alone, then through the server."""

import contextlib
import gzip
import struct
from pathlib import Path

import lz4.frame
import pytest
from backports import zstd
from clickhouse_cityhash.cityhash import CityHash128
from hypothesis import given
from hypothesis import strategies as st

from infra.chdb_http.compressed_blocks import BlockCompressor, BlockError, pack, unpack
from infra.chdb_http.compression import decompress
from infra.chdb_http.errors import QueryError

LIMIT = 10_000_000


def block(method: int, raw: bytes, packed: bytes) -> bytes:
    sealed = struct.pack("<BII", method, 9 + len(packed), len(raw)) + packed
    number = CityHash128(sealed)
    return struct.pack("<QQ", number >> 64, number & (1 << 64) - 1) + sealed


@given(pieces=st.lists(st.binary(max_size=2000), max_size=5))
def test_what_is_packed_is_unpacked(pieces):
    packer = BlockCompressor()
    packed = b"".join(packer.compress(piece) for piece in pieces) + packer.flush()
    assert b"".join(unpack(packed, LIMIT)) == b"".join(pieces)


@pytest.mark.parametrize("codec", ["LZ4", "ZSTD(1)", "NONE"])
def test_the_engines_own_files_are_such_blocks(server, codec):
    """Its column files have the same form, so the checksums are ClickHouse's, not only ours."""
    server.sql(f"CREATE TABLE tutti.coded (a String CODEC({codec})) ENGINE = MergeTree ORDER BY a")
    server.sql("INSERT INTO tutti.coded SELECT repeat(toString(number), 9) FROM numbers(100000)")
    parts = "SELECT path FROM system.parts WHERE table = 'coded' AND active"
    folder = Path(server.sql(parts).splitlines()[0])
    files = [file for file in folder.glob("*.bin") if file.stat().st_size]
    assert any(b"123" * 9 in b"".join(unpack(file.read_bytes(), LIMIT)) for file in files)
    server.sql("DROP TABLE tutti.coded SYNC")


@pytest.mark.parametrize(
    "packed",
    [
        block(0x90, b"abc" * 999, zstd.compress(b"abc" * 999)),
        block(0x02, b"abc" * 999, b"abc" * 999),
        pack(b"abc" * 333) + block(0x02, b"abc" * 666, b"abc" * 666),
    ],
)
def test_every_method_is_read(packed):
    assert b"".join(unpack(packed, LIMIT)) == b"abc" * 999


GOOD = pack(b"7,x\n" * 1000)


@pytest.mark.parametrize(
    "packed",
    [
        GOOD[:-1],
        GOOD[:20],
        GOOD + b"\x00",
        bytes([GOOD[0] ^ 1]) + GOOD[1:],
        GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
        block(0x82, b"abc", b"\xff" * 9),
        block(0x90, b"abc", b"\xff" * 9),
        block(0x90, b"abc", zstd.compress(b"abcd")),
        block(0x82, b"x" * (LIMIT + 1), b""),
        block(0x55, b"abc", b"abc"),
        struct.pack("<QQBII", 0, 0, 0x82, 0, 5),
    ],
)
def test_a_broken_block_is_refused(packed):
    with pytest.raises(BlockError):
        list(unpack(packed, LIMIT))
    with pytest.raises(QueryError, match="not valid clickhouse"):
        decompress(packed, "clickhouse", LIMIT)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_blocks_or_refused(data):
    with contextlib.suppress(BlockError):
        list(unpack(data, LIMIT))


def test_rows_go_in_and_come_out_in_blocks(server, table):
    raw = b"".join(b"%d,x\n" % n for n in range(300_000))
    packer = BlockCompressor()
    body = packer.compress(raw) + packer.flush()
    query = f"INSERT INTO {table} FORMAT CSV"
    assert server.ask(body=body, query=query, decompress="1").status == 200
    reply = server.ask(body=f"SELECT a, b FROM {table} ORDER BY a FORMAT CSV", compress="1")
    assert b"".join(unpack(reply.body, LIMIT)) == raw.replace(b"x", b'"x"')
    assert server.ask(body=body[:-1], query=query, decompress="1").status == 400
    assert server.sql(f"SELECT count() FROM {table}") == "300000"


@pytest.mark.parametrize(
    ("name", "do", "undo"),
    [
        ("gzip", gzip.compress, gzip.decompress),
        ("lz4", lz4.frame.compress, lz4.frame.decompress),
        ("zstd", zstd.compress, zstd.decompress),
    ],
)
def test_blocks_and_content_encoding_combine(server, table, name, do, undo):
    headers = {"Content-Encoding": name, "Accept-Encoding": name}
    query = f"INSERT INTO {table} FORMAT CSV"
    reply = server.ask(body=do(GOOD), headers=headers, query=query, decompress="1")
    assert reply.status == 200, reply.text
    sql = f"SELECT a, b FROM {table} FORMAT TSV"
    reply = server.ask(body=do(pack(sql.encode())), headers=headers, compress="1", decompress="1")
    assert b"".join(unpack(undo(reply.body), LIMIT)) == b"7\tx\n" * 1000


def test_an_error_within_the_answer_is_within_the_blocks(server):
    sql = "SELECT throwIf(number = 5000000) FROM numbers(10000000) FORMAT TSV"
    connection, tail = server.stream(sql, compress="1")
    connection.close()
    assert b"FUNCTION_THROW_IF" in b"".join(unpack(tail, LIMIT))[-1000:]
