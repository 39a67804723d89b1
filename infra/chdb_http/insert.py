"""Insert the data of a request: the engine's own parser reads the bytes from a file in memory.

Any input format; up to a million rows or 256 MiB become one part, or none if a row is wrong. The
engine's `send_insert` says that all is well also when nothing was written (disk full, a constraint,
a view that throws), and data behind the statement end at an empty line.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.chdb_http.engine import Engine, quote
from infra.chdb_http.errors import ENGINE_ERRORS, engine_error
from infra.chdb_http.request import Request
from infra.chdb_http.statement import DataInsert, tokens


def insert(engine: Engine, request: Request, settings: Mapping[str, str], folder: Path) -> int:
    """Insert and return the number of rows written, those of materialised views included.

    Args:
        engine: the engine.
        request: admitted; without data it writes nothing.
        settings: all settings of its connection.
        folder: of temporary files.

    Raises:
        QueryError: nothing is written; the engine's reason.
    """
    data = request.insert
    if data is None:
        return 0
    if data.input:
        return _insert_select(engine, request, data, settings, folder)
    params = {f"param_{name}": value for name, value in request.params.items()}
    with engine.connection({**settings, **params}, request.database) as connection:
        try:
            with _file_in_memory(data.data) as name:
                sql = _from_file(data.head, name, data.format)
                return int(connection.query(sql, "Null").rows_written())
        except ENGINE_ERRORS as error:
            raise engine_error(error) from None


@contextmanager
def _file_in_memory(data: bytes) -> Iterator[str]:
    """A file without a place on a disk: the engine is in this process, so it can open it."""
    with os.fdopen(os.memfd_create("insert"), "wb") as file:
        file.write(data)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def _from_file(head: bytes, name: str, form: str) -> str:
    """The statement that reads a file; the grammar wants it before the statement's `SETTINGS`."""
    end, before = len(head), b""
    for token in tokens(head):
        named = before in {b"INTO", b"TABLE", b"."}
        if token.text == b"SETTINGS" and token.depth == 0 and not named:
            end = token.start
            break
        before = token.text
    target, settings = head[:end].decode(), head[end:].decode()
    return f"{target}\nFROM INFILE {quote(name)} COMPRESSION 'none' {settings}\nFORMAT {form}"


def _insert_select(
    engine: Engine, request: Request, data: DataInsert, settings: Mapping[str, str], folder: Path
) -> int:
    start, end, structure = data.input or (0, 0, b"")
    handle, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.data)
        arguments = ", ".join(filter(None, (quote(name), quote(data.format), structure.decode())))
        sql = data.head[:start].decode() + f"file({arguments})" + data.head[end:].decode()
        with engine.connection(settings, request.database) as connection:
            result = connection.query(sql, "Null", params=dict(request.params))
            return int(result.rows_written())
    except ENGINE_ERRORS as error:
        raise engine_error(error) from None
    finally:
        Path(name).unlink()
