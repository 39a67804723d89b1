"""``tutti up``, ``down``, ``reset``, ``backup`` and ``restore``."""

from pathlib import Path
from typing import Annotated

import typer

from operators.core.wording import number_of
from pipelines.cli.installation import settings
from pipelines.cli.operator_page import where
from pipelines.cli.output import console, errors


def up() -> None:
    """Start the local stack and return when all services are ready; safe to repeat."""
    ours = settings()
    from infra.local import stack

    try:
        stack.up(ours, console.print)
    except stack.NotReadyError as error:
        errors.print(error.tail)
        raise
    console.print(f"{where(ours)} (tutti operator-token opens it)")


def down() -> None:
    """Stop the local stack and keep its data."""
    ours = settings()
    from infra.local import stack

    ran = stack.down(ours)
    console.print("stopped; the data are kept" if ran else "nothing was running")


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Really remove all data.")] = False,
) -> None:
    """Stop the local stack and remove its data and its pseudonym key."""
    ours = settings()
    if not yes:
        errors.print(f"This removes {ours.home}: say --yes if you mean it.")
        raise typer.Exit(2)
    from infra.local import stack

    stack.reset(ours)
    console.print("removed")


def backup(
    folder: Annotated[Path, typer.Argument(help="Where to: a folder that is not there yet.")],
) -> None:
    """Copy log, tables, state and key; stops the stack for the time of the copy.

    The new folder has a manifest of checksums.
    """
    ours = settings()
    from infra.local.backup import backup as copy

    copied = copy(ours, folder, console.print)
    console.print(f"{number_of(copied.files, 'file')}, {copied.bytes >> 20:,} MiB in {folder}")


def restore(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
) -> None:
    """Copy a backup into an empty TUTTI_HOME; start it with tutti up.

    Its checksums are compared first. TUTTI_HOME may be another one, with other ports.
    """
    ours = settings()
    from infra.local.backup import restore as copy_back

    copied = copy_back(ours, folder)
    console.print(
        f"{number_of(copied.files, 'file')} restored in {ours.home}: start it with tutti up"
    )
