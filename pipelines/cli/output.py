"""What commands print: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import typer
from rich.console import Console
from rich.table import Table

WIDE: Final = 160
"""Columns of output that goes into a file or a pipe, which has no width of its own."""

PROSE: Final = 40
"""A cell of more characters is prose."""

console: Final = Console(width=None if sys.stdout.isatty() else WIDE)
errors: Final = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(value: Any) -> None:
    """Print a value as JSON; instants in ISO 8601."""
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table; numbers stand right, and where there is no room, long texts are folded, not ids."""
    drawn = Table(title=title, title_justify="left", header_style="bold")
    listed = [list(row) for row in rows]
    for position, column in enumerate(columns):
        numeric = all(isinstance(row[position], int | float | None) for row in listed)
        prose = any(len(str(row[position])) > PROSE for row in listed)
        justify: Literal["left", "right"] = "right" if numeric and listed else "left"
        drawn.add_column(column, justify=justify, no_wrap=not prose)
    for row in listed:
        drawn.add_row(*("" if cell is None else str(cell) for cell in row))
    return drawn


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):  # ClickHouse's are UTC without saying so
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value)
