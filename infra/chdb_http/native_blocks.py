"""Format Native as clients of the native protocol read it over HTTP (`client_protocol_version`).

The engine writes blocks of revision 0. Go's driver, Grafana's among its users, reads the revision
that it asks for: the same columns, with a head before each block and a byte before each column's
data. Where a column ends follows from its type alone, so each block is walked through once.
"""

import re
from collections.abc import Iterator
from typing import Final

from infra.chdb_http.errors import NOT_IMPLEMENTED, refusal

CUSTOM_SERIALIZATION: Final = 54454
"""The first revision with the byte before each column. Older ones than this are not written:
clients that could read them ask whether they are, and read revision 0 otherwise."""
_BLOCK_INFO: Final = b"\x01\x00\x02\xff\xff\xff\xff\x00"
"""Field 1: no overflow row; field 2: bucket -1; end."""
_DEFAULT: Final = b"\x00"
"""No other serialization than the type's own."""

_WIDTHS: Final = {
    **dict.fromkeys(("UInt8", "Int8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("UInt16", "Int16", "Date", "Enum16", "BFloat16"), 2),
    **dict.fromkeys(("UInt32", "Int32", "Float32", "Date32", "DateTime", "IPv4", "Time"), 4),
    **dict.fromkeys(("UInt64", "Int64", "Float64", "DateTime64", "Time64"), 8),
    **dict.fromkeys(("UInt128", "Int128", "UUID", "IPv6"), 16),
    **dict.fromkeys(("UInt256", "Int256"), 32),
    **{f"Interval{unit}": 8 for unit in (
        "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour", "Day", "Week",
        "Month", "Quarter", "Year",
    )},
}  # fmt: skip
_ALIASES: Final = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "MultiLineString": "Array(LineString)",
    "Polygon": "Array(Ring)",
    "MultiPolygon": "Array(Polygon)",
}
_DECIMAL_WIDTHS: Final = ((9, 4), (18, 8), (38, 16), (76, 32))
"""Digits up to which so many bytes suffice."""
_TYPE: Final = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_NAMED: Final = re.compile(r"(?:\w+|`(?:[^`\\]|\\.)*`) (.+)", re.DOTALL)
_ADDITIONAL_KEYS: Final = 1 << 9
_SHORT: Final = 1 << 7


def with_revision(blocks: bytes) -> bytes:
    """Whole blocks of revision 0, as revision `CUSTOM_SERIALIZATION` and later ones have them.

    Raises:
        QueryError: A column's type is one of those whose data say themselves where they end.
    """
    out = bytearray()
    place = 0
    while place < len(blocks):
        out += _BLOCK_INFO
        start = place
        columns, place = _number(blocks, place)
        rows, place = _number(blocks, place)
        for _ in range(columns):
            _, place = _text(blocks, place)
            name, place = _text(blocks, place)
            out += blocks[start:place] + _DEFAULT
            start = place
            if rows:
                place = _prefix(name.decode(), place)
                place = _data(name.decode(), blocks, place, rows)
        out += blocks[start:place]
    return bytes(out)


def _prefix(name: str, place: int) -> int:
    """Where what stands before a column's data ends: eight bytes for each dictionary in it."""
    kind, arguments = _parsed(name)
    if kind == "LowCardinality":
        return place + 8
    if kind in {"Array", "Nullable", "Tuple", "Map"}:
        for inner in arguments:
            place = _prefix(inner, place)
    return place


def _data(name: str, blocks: bytes, place: int, rows: int) -> int:
    """Where a column's data end."""
    kind, arguments = _parsed(name)
    if width := _width(kind, arguments):
        return place + rows * width
    if kind == "String":
        return _strings(blocks, place, rows)
    if kind == "LowCardinality":
        return _dictionary(arguments[0], blocks, place, rows)
    if kind == "Nullable" or (kind == "Tuple" and not arguments):
        place += rows
    elif kind in {"Array", "Map"}:
        place += 8 * rows  # where each row's elements end
        rows = _uint64(blocks, place - 8) if rows else 0
    for inner in arguments:
        place = _data(inner, blocks, place, rows)
    return place


def _width(kind: str, arguments: list[str]) -> int:
    """Bytes of each value; 0: they differ, or there are several columns in it."""
    if kind == "FixedString":
        return int(arguments[0])
    if kind == "Decimal":
        return next(width for most, width in _DECIMAL_WIDTHS if int(arguments[0]) <= most)
    return _WIDTHS.get(kind, 0)


def _dictionary(name: str, blocks: bytes, place: int, rows: int) -> int:
    kind, arguments = _parsed(name)
    keys_type = arguments[0] if kind == "Nullable" else name
    while rows:
        flags = _uint64(blocks, place)
        place += 8
        if flags & _ADDITIONAL_KEYS:
            keys = _uint64(blocks, place)
            place = _data(keys_type, blocks, place + 8, keys)
        here = _uint64(blocks, place)
        place += 8 + here * (1 << (flags & 0xFF))
        rows -= here
    return place


def _strings(blocks: bytes, place: int, rows: int) -> int:
    for _ in range(rows):
        size = blocks[place]
        if size < _SHORT:
            place += size + 1
        else:
            size, place = _number(blocks, place)
            place += size
    return place


def _parsed(name: str) -> tuple[str, list[str]]:
    """A type's own name, and the types (or numbers) within its parentheses.

    Raises:
        QueryError: It is none of those that are known here.
    """
    found = _TYPE.fullmatch(_ALIASES.get(name, name))
    kind, inside = (found[1], found[2] or "") if found else (name, "")
    if kind in _WIDTHS:
        return kind, []
    if kind == "SimpleAggregateFunction":
        return _parsed(list(_arguments(inside))[-1])
    if kind == "Tuple":
        named = [(_NAMED.fullmatch(inner), inner) for inner in _arguments(inside)]
        return kind, [match[1] if match else inner for match, inner in named]
    if kind in {"String", "FixedString", "Decimal", "Nullable", "LowCardinality", "Array", "Map"}:
        return kind, list(_arguments(inside))
    raise refusal(
        NOT_IMPLEMENTED,
        f"Columns of type {name} cannot be sent with client_protocol_version; use toString",
        "NOT_IMPLEMENTED",
    )


def _arguments(inside: str) -> Iterator[str]:
    """What is separated by commas at the outermost level; names may hold anything in quotes."""
    depth = start = place = 0
    while place < len(inside):
        letter = inside[place]
        if letter in "`'":
            place += 1
            while inside[place] != letter:
                place += 1 + (inside[place] == "\\")
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and not depth:
            yield inside[start:place].strip()
            start = place + 1
        place += 1
    if inside.strip():
        yield inside[start:].strip()


def _uint64(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 8], "little")


def _text(data: bytes, place: int) -> tuple[bytes, int]:
    size, place = _number(data, place)
    return data[place : place + size], place + size


def _number(data: bytes, place: int) -> tuple[int, int]:
    """The variable-length number at this place, and where it ends."""
    number = shift = 0
    while data[place] >= _SHORT:
        number += (data[place] - _SHORT) << shift
        shift += 7
        place += 1
    return number + (data[place] << shift), place + 1
