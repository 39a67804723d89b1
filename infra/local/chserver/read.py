"""Run a query that answers with rows (or with nothing: DDL), in pieces where the format allows.

The engine's streaming encodes each block on its own, which is one valid stream only for formats
without head and foot. Other formats are built whole in the engine's memory, within its limits.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.chserver.engine import Engine
from infra.local.chserver.errors import QueryError, engine_error
from infra.local.chserver.request import Request
from infra.local.chserver.statement import without_format

_STREAMED = frozenset({
    "Native", "RowBinary", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV",
    "JSONEachRow", "JSONLines", "NDJSON", "JSONCompactEachRow", "JSONStringsEachRow",
    "LineAsString",
})  # fmt: skip
# Statements that answer in rows; only these stream, because an empty stream would otherwise not
# say whether a statement ran.
_SELECTS = frozenset({b"SELECT", b"WITH", b"FROM", b"("})


@dataclass(slots=True)
class Summary:
    """What the engine read and wrote so far."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    result_rows: int = 0


def read(
    engine: Engine, request: Request, settings: Mapping[str, str], first: bytes, summary: Summary
) -> Generator[bytes, None, None]:
    """The answer in pieces; closing the iterator cancels the query.

    Args:
        engine: the engine.
        request: the query.
        settings: all settings of its connection.
        first: the statement's first word.
        summary: is filled in.

    Raises:
        QueryError: the engine's reason, before or after some pieces.
    """
    connection = engine.open(settings, request.database)
    try:
        if request.format in _STREAMED and first in _SELECTS:
            yield from _stream(connection, request, summary)
        else:
            yield from _whole(connection, request, summary)
    except QueryError:
        raise
    except RuntimeError as error:
        raise engine_error(error) from None
    finally:
        connection.close()


def _whole(connection: Any, request: Request, summary: Summary) -> Iterator[bytes]:
    result = connection.query(request.sql.decode(), request.format, params=dict(request.params))
    summary.read_rows = result.storage_rows_read()
    summary.read_bytes = result.storage_bytes_read()
    summary.written_rows = result.rows_written()
    summary.result_rows = result.rows_read()
    yield result.bytes()


def _stream(connection: Any, request: Request, summary: Summary) -> Iterator[bytes]:
    sql, params = request.sql.decode(), dict(request.params)
    with connection.send_query(sql, request.format, params=params) as stream:
        for chunk in stream:
            summary.read_rows = max(summary.read_rows, chunk.storage_rows_read())
            summary.read_bytes = max(summary.read_bytes, chunk.storage_bytes_read())
            summary.result_rows += chunk.rows_read()
            yield chunk.bytes()
    if request.format == "Native" and not summary.result_rows:
        yield _empty_native(connection, sql, params)


def _empty_native(connection: Any, sql: str, params: dict[str, str]) -> bytes:
    """A block without rows, which the engine leaves out: clients read the columns from it."""
    query = without_format(sql.encode()).decode()
    try:
        described = connection.query(f"DESCRIBE TABLE ({query}\n)", "JSON", params=params)
    except RuntimeError:  # with a SETTINGS clause it is no subquery
        return b""
    columns = [(row["name"], row["type"]) for row in json.loads(described.bytes())["data"]]
    block = _varint(len(columns)) + _varint(0)
    for column in columns:
        for text in column:
            raw = text.encode()
            block += _varint(len(raw)) + raw
    return block


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 1 << 7:  # seven bits a byte, the least significant first
        out.append(number % (1 << 7) + (1 << 7))
        number >>= 7
    return bytes([*out, number])
