"""Run a query whose result is rows (or with nothing: DDL), in pieces where the format allows.

The engine's streaming encodes each block on its own, which is one valid stream only for formats
without foot, and if a head (names, types) is cut off from all blocks but the first. Other formats
are built whole in the engine's memory, within its limits.
"""

import json
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from infra.chdb_http.engine import Engine
from infra.chdb_http.errors import ENGINE_ERRORS, QueryError, engine_error, refusal
from infra.chdb_http.native_blocks import CUSTOM_SERIALIZATION, with_revision
from infra.chdb_http.request import Request
from infra.chdb_http.statement import without_format

Pieces = Generator[bytes, None, None]

_TOO_MANY_ROWS_OR_BYTES = 396

_STREAMED = frozenset({
    "Native", "RowBinary", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV",
    "JSONEachRow", "JSONLines", "NDJSON", "JSONCompactEachRow", "JSONStringsEachRow",
    "LineAsString",
})  # fmt: skip
# Those that begin with lines of names, or names and types: how many lines.
_HEAD_LINES = {
    **dict.fromkeys(("TabSeparatedWithNames", "TSVWithNames", "CSVWithNames"), 1),
    **dict.fromkeys(("TabSeparatedRawWithNames", "TSVRawWithNames"), 1),
    **dict.fromkeys(("JSONCompactEachRowWithNames", "JSONCompactStringsEachRowWithNames"), 1),
    **dict.fromkeys(("TabSeparatedWithNamesAndTypes", "TSVWithNamesAndTypes"), 2),
    **dict.fromkeys(("CSVWithNamesAndTypes", "JSONCompactEachRowWithNamesAndTypes"), 2),
}
# JDBC's.
_BINARY_HEADS = {"RowBinaryWithNames": 1, "RowBinaryWithNamesAndTypes": 2}
# Statements whose result is rows; only these stream, because an empty stream would otherwise not
# say whether a statement ran.
_SELECTS = frozenset({b"SELECT", b"WITH", b"FROM", b"("})


@dataclass(slots=True)
class QuerySummary:
    """What the engine read and wrote so far."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    result_rows: int = 0


def run_query(
    engine: Engine,
    request: Request,
    settings: Mapping[str, str],
    first: bytes,
    summary: QuerySummary,
    most_bytes: int = 0,
) -> Pieces:
    """The result in pieces; closing the iterator cancels the query.

    The engine bounds a result by what it holds in memory. Written out, a repeated value or a
    padded column is longer, without bound.

    Args:
        engine: the engine.
        request: the query.
        settings: all settings of its connection.
        first: the statement's first word.
        summary: is filled in.
        most_bytes: of the result as it is written, before compression; 0: any number.

    Raises:
        QueryError: the engine's reason, or that there are more bytes, before or after some pieces.
    """
    connection = engine.open(settings, request.database)
    run = _stream if first in _SELECTS and _streams(request) else _whole
    try:
        # Closed at once and not when somebody finds it: the engine would go on for a client that
        # has left, and could not stop.
        with closing(run(connection, request, summary, most_bytes)) as pieces:
            if request.format == "Native" and request.revision >= CUSTOM_SERIALIZATION:
                yield from map(with_revision, pieces)
            else:
                yield from pieces
    except QueryError:
        raise
    except ENGINE_ERRORS as error:
        raise engine_error(error) from None
    finally:
        connection.close()


def _whole(connection: Any, request: Request, summary: QuerySummary, most_bytes: int) -> Pieces:
    result = connection.query(request.sql.decode(), request.format, params=dict(request.params))
    summary.read_rows = result.storage_rows_read()
    summary.read_bytes = result.storage_bytes_read()
    summary.written_rows = result.rows_written()
    summary.result_rows = result.rows_read()
    _check_length(result.size(), most_bytes)
    yield result.bytes()


def _check_length(written: int, most_bytes: int) -> None:
    if most_bytes and written > most_bytes:
        raise refusal(
            _TOO_MANY_ROWS_OR_BYTES,
            f"Limit for result exceeded: more than {most_bytes:,} bytes in this format",
            "TOO_MANY_ROWS_OR_BYTES",
        )


def _streams(request: Request) -> bool:
    # Totals and extremes stand behind the rows: streams leave them out.
    if b"TOTALS" in request.sql.upper() or request.settings.get("extremes", "0") != "0":
        return False
    return request.format in _STREAMED | _HEAD_LINES.keys() | _BINARY_HEADS.keys()


def _stream(connection: Any, request: Request, summary: QuerySummary, most_bytes: int) -> Pieces:
    sql, params, name = request.sql.decode(), dict(request.params), request.format
    head: int | None = None
    written = 0
    with connection.send_query(sql, name, params=params) as stream:
        for chunk in stream:
            summary.read_rows = max(summary.read_rows, chunk.storage_rows_read())
            summary.read_bytes = max(summary.read_bytes, chunk.storage_bytes_read())
            summary.result_rows += chunk.rows_read()
            written += chunk.size()
            _check_length(written, most_bytes)
            piece = chunk.bytes()
            if head is None:
                head = _head(piece, name)
                yield piece
            else:
                yield piece[head:] if head else piece
    if head is None:
        yield _empty(connection, sql, params, name)


def _head(piece: bytes, name: str) -> int:
    """The length of what stands before the first row."""
    if name in _BINARY_HEADS:
        columns, end = _number(piece, 0)
        for _ in range(columns * _BINARY_HEADS[name]):
            size, end = _number(piece, end)
            end += size
        return end
    end = 0
    for _ in range(_HEAD_LINES.get(name, 0)):
        end = piece.index(b"\n", end) + 1
        # A name with a line break is within quotes, and quotes come in pairs.
        while name.startswith("CSV") and piece.count(b'"', 0, end) % 2:
            end = piece.index(b"\n", end) + 1
    return end


def _empty(connection: Any, sql: str, params: dict[str, str], name: str) -> bytes:
    """What a result without rows has: the engine's streams leave it out."""
    if name == "Native":
        return _empty_native(connection, sql, params)
    if name in _STREAMED:
        return b""
    query = without_format(sql.encode(), name).decode()
    try:
        result = connection.query(f"SELECT * FROM ({query}\n) LIMIT 0", name, params=params)
    except ENGINE_ERRORS:  # it is no subquery: again, whole
        result = connection.query(sql, name, params=params)
    return bytes(result.bytes())


def _empty_native(connection: Any, sql: str, params: dict[str, str]) -> bytes:
    """A block without rows, which the engine leaves out: clients read the columns from it."""
    query = without_format(sql.encode(), "Native").decode()
    try:
        described = connection.query(f"DESCRIBE TABLE ({query}\n)", "JSON", params=params)
    except ENGINE_ERRORS:  # with a SETTINGS clause it is no subquery
        return b""
    columns = [(row["name"], row["type"]) for row in json.loads(described.bytes())["data"]]
    block = _varint(len(columns)) + _varint(0)
    for column in columns:
        for text in column:
            raw = text.encode()
            block += _varint(len(raw)) + raw
    return block


def _number(data: bytes, place: int) -> tuple[int, int]:
    """The variable-length number at this place, and where it ends."""
    number = shift = 0
    while data[place] >= 1 << 7:
        number += (data[place] - (1 << 7)) << shift
        shift += 7
        place += 1
    return number + (data[place] << shift), place + 1


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 1 << 7:  # seven bits a byte, the least significant first
        out.append(number % (1 << 7) + (1 << 7))
        number >>= 7
    return bytes([*out, number])
