"""``tutti query``: one statement of an analyst."""

import sys
from typing import Annotated

import typer

from operators.core.errors import TerminalError
from pipelines.cli.installation import clickhouse


def query(
    sql: Annotated[str, typer.Argument(help="One statement; read-only.")],
    form: Annotated[
        str, typer.Option("--format", help="Any ClickHouse format, e.g. JSONEachRow, CSVWithNames.")
    ] = "PrettyCompact",
    parameters: Annotated[
        list[str] | None,
        typer.Option("--param", help="name=value, for {name:Type} in the statement."),
    ] = None,
) -> None:
    """Query ClickHouse as an analyst does, at the read-only address."""
    named = dict(_named(parameter) for parameter in parameters or [])
    answer = clickhouse(analyst=True).raw_query(sql, parameters=named, fmt=form)
    sys.stdout.buffer.write(answer)
    sys.stdout.flush()


def _named(parameter: str) -> tuple[str, str]:
    name, equals, value = parameter.partition("=")
    if not name or not equals:
        raise TerminalError(
            f"--param {parameter}: write name=value, e.g. consultation=cities-2026."
        )
    return name, value
