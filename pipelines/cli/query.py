"""``tutti query``: one statement of an analyst."""

import re
import sys
from typing import Annotated, Final

import typer

from operators.core.errors import TerminalError
from operators.core.printable import visible
from pipelines.cli.installation import clickhouse

FOR_PEOPLE: Final = "PrettyCompact"
"""The format of an answer where neither the statement nor an option names one."""

_FORMAT: Final = re.compile(r"[A-Za-z0-9_]+")
_DRAWN: Final = re.compile(rb"\s*(?:\d+\. )?(?:\xe2\x94|\xe2\x95|\+-)|Row 1:\n")
"""How the formats for people begin: with a frame, or with ``Row 1``."""


def query(
    sql: Annotated[str, typer.Argument(help="One statement; read-only.")],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Any ClickHouse format, e.g. JSONEachRow; FORMAT in the statement does it too.",
        ),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--param", help="name=value, for {name:Type} in the statement."),
    ] = None,
) -> None:
    """Query ClickHouse as an analyst does, at the read-only address."""
    named = dict(_named(parameter) for parameter in parameters or [])
    if form is not None and not _FORMAT.fullmatch(form):
        raise TerminalError(f"--format {form}: it has letters and digits, e.g. JSONEachRow.")
    answer = clickhouse(analyst=True).raw_query(
        sql,
        parameters=named,
        # As a header it gives way to a FORMAT in the statement, wherever that stands.
        transport_settings={"X-ClickHouse-Format": form or FOR_PEOPLE},
    )
    _write(answer)


def _write(answer: bytes) -> None:
    """To programs as it is; to people so that no text in it can steer the terminal."""
    if sys.stdout.isatty() or _DRAWN.match(answer):
        answer = visible(answer.decode(errors="backslashreplace")).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.flush()


def _named(parameter: str) -> tuple[str, str]:
    name, equals, value = parameter.partition("=")
    if not name or not equals:
        raise TerminalError(
            f"--param {parameter}: write name=value, e.g. consultation=cities-2026."
        )
    return name, value
