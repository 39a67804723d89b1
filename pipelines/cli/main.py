"""The command ``tutti``.

A command's module is imported when the command is run: all of them together take a second, which
every ``tutti status`` would wait for.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from operators.core.errors import TuttiError
from pipelines.cli.output import errors

COMMANDS: Final = {
    "demo": "demo.demo",
    "up": "stack.up",
    "down": "stack.down",
    "status": "stack.status",
    "doctor": "doctor.doctor",
    "reset": "stack.reset",
    "backup": "stack.backup",
    "restore": "stack.restore",
    "send": "send.send",
    "sync": "data.sync",
    "top": "top.top",
    "explain": "explain.explain",
    "groups": "groups.groups",
    "clusters": "clusters.clusters",
    "signals": "signals.signals",
    "similar": "similar.similar",
    "query": "data.query",
    "reconcile": "data.reconcile",
    "export": "export.export",
    "rebuild": "epochs.rebuild",
    "import": "polis.importers",
    "config": "config.config",
    "schemas": "schemas.app",
    "dlq": "dlq.app",
    "models": "models.app",
}
"""Name → module of this package, and the function or application in it."""


class _Commands(Mapping[str, Any]):
    """Name → command, imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        module, _, place = COMMANDS[name].partition(".")
        found = getattr(import_module(f"pipelines.cli.{module}"), place)
        parent = typer.Typer()
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=name)
        else:
            parent.command(name)(found)
        return typer.main.get_group(parent).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Mapping[str, Any] = _Commands()  # type: ignore[assignment]

    def list_commands(self, _: Any) -> list[str]:
        return list(self.commands)


app = typer.Typer(
    name="tutti",
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(help="Live, exact, explainable consensus of large public consultations.")
def _tutti() -> None:
    """What all commands have in common: nothing."""


def main() -> None:
    """Run a command; an error of ours is one sentence and exit status 1."""
    os.umask(0o077)  # whatever a command writes is for nobody else
    try:
        app()
    except TuttiError as error:
        errors.print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except ValidationError as error:  # of the settings: each with its name, never its value
        for fault in error.errors(include_input=False, include_url=False):
            name = f"TUTTI_{'_'.join(map(str, fault['loc']))}".upper()
            reason = fault["msg"].removeprefix("Value error, ")
            errors.print(f"[bold red]error:[/] {name} {reason}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
