"""What is drawn on a terminal: tables that fit it, and texts that cannot steer it.

Rich takes longer to import than a command to explain itself, so only `pipelines.cli.output` and the
functions that draw import this module, when they do.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import InitVar, dataclass, field
from typing import Any, Final, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from operators.core.printable import one_line, visible

WIDE: Final = 160
"""Columns of output that goes into a file or a pipe, which has no width of its own."""

PROSE: Final = 40
"""A cell of more characters is prose."""

_GAP: Final = 2
"""Columns of the screen between two columns of a sheet."""


class Screen(Console):
    """A console that takes texts literally: neither markup nor a control character acts on it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Every string that is printed comes through here, those in tables included."""
        return super().render_str(visible(text), **options)

    def on_broken_pipe(self) -> None:
        """Who has read enough, as ``head`` does, makes no error of it."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0)


def screen(*, stderr: bool = False) -> Screen:
    """Standard output or standard error."""
    measured = stderr or sys.stdout.isatty() or "COLUMNS" in os.environ
    return Screen(stderr=stderr, width=None if measured else WIDE)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    Attributes:
        name: Its header.
        goes: Where there is no room, columns of a greater number go first; 0 stays.
        right: Numbers stand right.
        subject: What the row is about: it never goes, takes the room that is left, and is cut with
            an ellipsis where that is too little. No other column is ever cut.
    """

    name: str
    goes: int = 0
    right: bool = False
    subject: bool = False


Cell = Text | str | int | None


@dataclass(slots=True)
class Sheet:
    """Rows under columns, as many of both as fit.

    Attributes:
        title: Above it; may hold texts of strangers, as every cell may.
        columns: From left to right.
        rows: Texts, or what this program made; None is empty.
        caption: Below it.
        ruled: Whether a line stands below the header.
        height: Lines of the screen that it must fit; None: it may scroll.
    """

    title: str
    columns: Sequence[Column]
    rows: InitVar[Iterable[Sequence[Cell]]]
    caption: str = ""
    ruled: bool = True
    height: int | None = None
    cells: list[list[Text]] = field(init=False)

    def __post_init__(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Texts of strangers become one line each, which shows what it hides."""
        self.cells = [[_literal(cell) for cell in row] for row in rows]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it for the width at hand."""
        title = Text(one_line(self.title), "bold")
        caption = Text(visible(self.caption), "dim")
        shown = self.cells
        if self.height is not None:
            around = [
                len(text.wrap(console, options.max_width)) for text in (title, caption) if text
            ]
            shown = shown[: max(1, self.height - sum(around) - 1 - self.ruled)]
        widths = self._widths(options.max_width)
        drawn = Table(
            box=box.SIMPLE_HEAD if self.ruled else None,
            show_edge=False,
            pad_edge=False,
            header_style="bold",
            padding=(0, _GAP - self.ruled, 0, 0),  # a box adds one
        )
        for position, width in widths.items():
            column = self.columns[position]
            justify: Literal["left", "right"] = "right" if column.right else "left"
            drawn.add_column(
                Text(column.name), justify=justify, width=width, no_wrap=True, overflow="ellipsis"
            )
        for row in shown:
            drawn.add_row(*(row[position] for position in widths))
        if title:
            yield title
        yield drawn
        if caption:
            yield caption

    def _widths(self, room: int) -> dict[int, int]:
        """Position → width of the columns that fit."""
        natural = [
            max(cell_len(column.name), *(row[at].cell_len for row in self.cells), 0)
            for at, column in enumerate(self.columns)
        ]
        kept = [
            at
            for at, width in enumerate(natural)
            if width and (not self.cells or any(row[at] for row in self.cells))
        ]
        subjects = [at for at in kept if self.columns[at].subject]
        least = room * 2 // 5 // max(1, len(subjects))

        gone: list[int] = []

        def left() -> int:
            """What the columns that are not subjects leave to these."""
            gaps = _GAP * (len(kept) - 1)
            return room - gaps - sum(natural[at] for at in kept if at not in subjects)

        while left() < sum(min(natural[at], least) for at in subjects):
            first = max(kept, key=lambda at: self.columns[at].goes)
            if not self.columns[first].goes:
                break
            kept.remove(first)
            gone.append(first)
        for at in reversed(gone):  # a narrow one may have gone for the sake of a wide one
            kept.append(at)
            if left() < sum(min(natural[at], least) for at in subjects):
                kept.remove(at)
        kept.sort()
        rest = left()
        for turn, at in enumerate(sorted(subjects, key=natural.__getitem__)):
            natural[at] = max(1, min(natural[at], rest // (len(subjects) - turn)))
            rest -= natural[at]
        return {at: natural[at] for at in kept}


def follow(sheets: Iterable[Sheet], on: Screen) -> None:
    """Show one sheet after the other on the whole screen, until Ctrl-C."""
    with suppress(KeyboardInterrupt), Live(console=on, screen=True, auto_refresh=False) as live:
        for sheet in sheets:
            sheet.height = on.height
            live.update(sheet, refresh=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table; numbers stand right, and where there is no room, long texts are folded, not ids."""
    drawn = Table(title=Text(visible(title)), title_justify="left", header_style="bold")
    listed = [list(row) for row in rows]
    for position, column in enumerate(columns):
        numeric = all(isinstance(row[position], int | float | None) for row in listed)
        prose = any(len(str(row[position])) > PROSE for row in listed)
        justify: Literal["left", "right"] = "right" if numeric and listed else "left"
        drawn.add_column(Text(column), justify=justify, no_wrap=not prose)
    for row in listed:
        drawn.add_row(*map(_literal, row))
    return drawn


def _literal(cell: Any) -> Text:
    if isinstance(cell, Text):
        return cell
    return Text("" if cell is None else one_line(str(cell)))
