"""ClickHouse's own compression: blocks of a checksum, a head and compressed bytes.

In the URL, `decompress=1` says that the body is such blocks, `compress=1` asks for them; JDBC does
both by default. Each block is

    checksum  16 bytes, CityHash128 (ClickHouse's, version 1.0.2) of all that follows
    method     1 byte: LZ4, ZSTD or none
    size       4 bytes, of head (9 bytes) and compressed bytes
    raw size   4 bytes

and the compressed bytes; numbers are little-endian.
"""

import struct
from collections.abc import Iterator

import lz4.block  # type: ignore[import-untyped] # it ships none
from backports import zstd
from clickhouse_cityhash.cityhash import CityHash128

from infra.chdb_http.errors import ChdbHttpError

_HEAD = struct.Struct("<BII")
_CHECKSUM_BYTES = 16
_LZ4, _ZSTD, _NONE = 0x82, 0x90, 0x02
# As a server writes them: small enough for a client's buffer.
_RAW_BYTES = 1024 * 1024
# As a server reads them.
_MAX_BYTES = 1024 * 1024 * 1024


class BlockError(ChdbHttpError):
    """The body is no sequence of whole blocks."""


class BlockCompressor:
    """Packs a body, piece by piece, into LZ4 blocks."""

    def __init__(self) -> None:
        self._held = bytearray()

    def compress(self, data: bytes, /) -> bytes:
        """The blocks that are full."""
        self._held += data
        whole = len(self._held) - len(self._held) % _RAW_BYTES
        with memoryview(self._held) as held:
            starts = range(0, whole, _RAW_BYTES)
            out = b"".join(pack(held[start : start + _RAW_BYTES]) for start in starts)
        del self._held[:whole]
        return out

    def flush(self) -> bytes:
        """The last block, if anything is left."""
        out = pack(self._held) if self._held else b""
        self._held = bytearray()
        return out


def pack(raw: bytes | bytearray | memoryview) -> bytes:
    """One LZ4 block."""
    packed: bytes = lz4.block.compress(raw, store_size=False)
    sealed = _HEAD.pack(_LZ4, _HEAD.size + len(packed), len(raw)) + packed
    return _checksum(sealed) + sealed


def unpack(body: bytes, limit: int) -> Iterator[bytes]:
    """The raw bytes of each block; one that claims more than ``limit`` is not unpacked.

    Raises:
        BlockError: a block is broken, cut off, too large or of another method.
    """
    view, place = memoryview(body), 0
    while place < len(view):
        start = place + _CHECKSUM_BYTES
        if start + _HEAD.size > len(view):
            raise BlockError("it ends within the head of a block")
        method, size, raw_size = _HEAD.unpack_from(view, start)
        place = start + size
        if size < _HEAD.size or place > len(view):
            raise BlockError("it ends within a block")
        if raw_size > min(limit, _MAX_BYTES):
            raise BlockError(f"a block of {raw_size} bytes is too large")
        if _checksum(bytes(view[start:place])) != view[start - _CHECKSUM_BYTES : start]:
            raise BlockError("the checksum of a block is wrong")
        raw = _raw(method, bytes(view[start + _HEAD.size : place]), raw_size)
        if len(raw) != raw_size:
            raise BlockError("a block is not as long as it says")
        yield raw


def _raw(method: int, packed: bytes, raw_size: int) -> bytes:
    try:
        if method == _LZ4:
            return bytes(lz4.block.decompress(packed, uncompressed_size=raw_size))
        if method == _ZSTD:
            frame = zstd.ZstdDecompressor()
            return bytes(frame.decompress(packed, max_length=raw_size + 1))
    except (lz4.block.LZ4BlockError, zstd.ZstdError) as error:
        raise BlockError(str(error)) from None
    if method == _NONE:
        return packed
    raise BlockError(f"the method {method:#x} is neither LZ4 nor ZSTD nor none")


def _checksum(sealed: bytes) -> bytes:
    number: int = CityHash128(sealed)
    # The package puts the half that ClickHouse writes first into the upper bits.
    return struct.pack("<QQ", number >> 64, number & (1 << 64) - 1)
