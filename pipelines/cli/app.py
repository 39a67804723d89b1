"""The commands as Typer knows them: each is imported when it is run, completed or explained."""

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from shutil import get_terminal_size
from typing import Annotated, Any, Final

import typer
from typer._click.exceptions import ClickException
from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup

from operators.core.printable import visible
from pipelines.cli.commands import COMMANDS, OPTIONS, SUMMARY, VERSION, overview
from pipelines.cli.pipe import reader_is_gone

PLAIN: Final = None
"""Help without Rich's frames: they take longer to import than a command to explain itself."""
_COMMENT: Final = re.compile(r"--\s").match
"""How a comment of SQL begins."""


class _Commands(Mapping[str, Any]):
    """Name → command, imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        module, _, place = COMMANDS[name][0].partition(".")
        found = getattr(import_module(f"pipelines.cli.{module}"), place)
        parent = typer.Typer(rich_markup_mode=PLAIN)
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=name)
        else:
            parent.command(name)(found)
        return typer.main.get_group(parent).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Tutti(TyperGroup):
    """``tutti`` itself: it knows its commands' names and lines without importing them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Mapping[str, Any] = _Commands()  # type: ignore[assignment]

    def list_commands(self, _: Any) -> list[str]:
        return list(self.commands)

    def format_help(self, _: Any, formatter: Any) -> None:
        formatter.write(overview(get_terminal_size().columns))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=line)
            for name, (_, line) in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # A statement that begins with a comment is no option.
        statements = [f" {arg}" if _COMMENT(arg) else arg for arg in args]
        with _literally():
            return super().parse_args(ctx, statements)

    def invoke(self, ctx: Any) -> Any:
        try:
            with _literally():
                return super().invoke(ctx)
        except BrokenPipeError as error:
            if not reader_is_gone():
                raise ConnectionResetError(errno.ECONNRESET, "a server hung up") from error
            raise typer.Exit from None


app = typer.Typer(
    name="tutti",
    cls=_Tutti,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=PLAIN,
)


@contextmanager
def _literally() -> Iterator[None]:
    """What was typed comes back in Typer's own errors: it must not act there."""
    try:
        yield
    except ClickException as error:
        error.message = visible(error.message)
        raise


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tutti {VERSION}")
        raise typer.Exit


@app.callback(help=SUMMARY)
def _tutti(
    _asked: Annotated[
        bool,
        typer.Option("--version", help=OPTIONS["--version"], is_eager=True, callback=_version),
    ] = False,
) -> None:
    """What all commands have in common: nothing."""
