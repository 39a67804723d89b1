"""Bodies of many streams, one behind the other: each byte is handed on a few times at most."""

import gzip
import zlib

import lz4.frame
import pytest
from backports import zstd

from infra.chdb_http import compression
from infra.chdb_http.compression import decompress
from infra.chdb_http.errors import QueryError

PACKERS = {
    "gzip": lambda text: gzip.compress(text, mtime=0),
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "lz4": lz4.frame.compress,
}
TEXTS = [b"x" * size for size in (0, 1, 5_000, 3_000_000, 0, 2)]


@pytest.mark.parametrize("encoding", PACKERS)
def test_streams_that_follow_one_another_are_all_read(encoding):
    body = b"".join(map(PACKERS[encoding], TEXTS))
    assert decompress(body, encoding, 10_000_000) == b"".join(TEXTS)
    for cut in (1, len(body) // 2):
        with pytest.raises(QueryError, match=f"not valid {encoding}"):
            decompress(body[:-cut], encoding, 10_000_000)


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_bomb_is_noticed_before_it_is_large(encoding):
    with pytest.raises(QueryError, match="larger than 2000000 bytes"):
        decompress(PACKERS[encoding](bytes(100_000_000)), encoding, 2_000_000)


def test_many_short_streams_are_not_copied_again_and_again(monkeypatch):
    given = 0
    make = zlib.decompressobj

    class CountedStream:
        def __init__(self, wbits: int) -> None:
            self.stream = make(wbits=wbits)

        def __getattr__(self, name: str) -> object:
            return getattr(self.stream, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            nonlocal given
            given += len(data)
            return self.stream.decompress(data, most)

    monkeypatch.setattr(compression.zlib, "decompressobj", CountedStream)
    streams = 2_000
    body = PACKERS["gzip"](b"") * streams
    assert decompress(body, "gzip", 1_000) == b""
    assert given <= 2 * len(body) + 1_024 * streams
