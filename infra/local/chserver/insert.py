"""Insert the data of a request: the bytes go to the engine's own parser, from memory.

`send_insert` takes any input format; up to a million rows or 256 MiB become one part, or none if a
row is wrong. It cannot do `INSERT … SELECT … FROM input(…)`: there the data pass through a file.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.local.chserver.engine import Engine, quote
from infra.local.chserver.errors import engine_error
from infra.local.chserver.request import Request
from infra.local.chserver.statement import Insert


def insert(
    engine: Engine, request: Request, data: Insert, settings: Mapping[str, str], folder: Path
) -> int:
    """Insert and return the number of rows written, those of materialised views included.

    Raises:
        QueryError: nothing is written; the engine's reason.
    """
    if data.input:
        return _insert_select(engine, request, data, settings, folder)
    params = {f"param_{name}": value for name, value in request.params.items()}
    with engine.connection({**settings, **params}, request.database) as connection:
        try:
            with connection.send_insert(data.head.decode(), data.format) as inserter:
                # An empty piece stands for the end of the data.
                if data.data:
                    inserter.append(data.data)
                return int(inserter.finish().rows_written)
        except RuntimeError as error:
            raise engine_error(error) from None


def _insert_select(
    engine: Engine, request: Request, data: Insert, settings: Mapping[str, str], folder: Path
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
    except RuntimeError as error:
        raise engine_error(error) from None
    finally:
        Path(name).unlink()
