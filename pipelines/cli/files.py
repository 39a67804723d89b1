"""Files of JSON lines on the command line, with a bar on a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from operators.core.errors import TerminalError
from pipelines.cli.output import errors

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

KindName = Literal["consultations", "proposals", "votes"]
LinesFile = Annotated[Path, typer.Argument(help="JSON lines; - for standard input.")]
LinesKind = Annotated[KindName, typer.Option("--kind", help="What the lines are.")]

AsSource = Annotated[
    str,
    typer.Option("--source", metavar="NAME", help="Source that sends; its key signs each message."),
]

REPORT_EVERY: Final = 256
"""Lines between two movements of the bar."""


def read_lines(file: Path, title: str) -> Iterator[bytes]:
    """The lines of a file, or of standard input, while a bar moves.

    Raises:
        TerminalError: It cannot be read.
    """
    from rich.progress import DownloadColumn

    from pipelines.exchange.validate import lines

    stdin = str(file) == "-"
    try:
        opened = nullcontext(sys.stdin.buffer) if stdin else file.open("rb")
    except OSError as error:
        raise TerminalError(
            f"{file} cannot be read ({error.strerror}): name a file of JSON lines, or - ."
        ) from None
    size = None if stdin else file.stat().st_size or None  # a pipe has none
    with opened as stream, progress(DownloadColumn()) as bar:
        task = bar.add_task(title, total=size)
        done = 0
        for number, line in enumerate(lines(stream), start=1):
            yield line
            done += len(line) + 1
            if not number % REPORT_EVERY:
                bar.update(task, completed=done)
        bar.update(task, completed=done)


def progress(*columns: "ProgressColumn") -> "Progress":
    """A bar on a terminal, nothing elsewhere."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        TimeElapsedColumn(),
        console=errors.screen,
        # What is printed meanwhile stands above the bar, but goes into a file where asked to.
        redirect_stdout=sys.stdout.isatty(),
        disable=not errors.is_terminal or bool(os.environ.get("CI")),
    )
