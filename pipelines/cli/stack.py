"""``tutti up``, ``down``, ``status`` and ``reset``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.config.settings import Settings
from infra.local import backup as copies
from infra.local import stack
from pipelines.cli.output import AsJson, console, errors, print_json, table


def up() -> None:
    """Start the local stack and return when all services are ready; safe to repeat."""
    try:
        stack.up(Settings(), lambda line: console.print(line, highlight=False))
    except stack.NotReadyError as error:
        errors.print(error.tail, markup=False, highlight=False)
        raise


def down() -> None:
    """Stop the local stack and keep its data."""
    ran = stack.down(Settings())
    console.print("stopped; the data are kept" if ran else "nothing was running")


def status(as_json: AsJson = False) -> None:
    """Show each service; exit 1 unless all are ready."""
    found = stack.status(Settings())
    ready = all(s.ready for s in found if s.service != "rebuild")
    if as_json:
        print_json({"ready": ready, "services": [asdict(s) for s in found]})
    else:
        console.print(
            table(
                "tutti",
                ["service", "state", "ready", "address", "pid", "MiB", "behind", "lately"],
                (
                    (
                        s.service,
                        s.state.lower(),
                        "yes" if s.ready else "no",
                        s.address,
                        s.pid or None,
                        s.memory_mb or None,
                        s.lag,
                        _lately(s.facts),
                    )
                    for s in found
                ),
            )
        )
    for s in found:
        for fact in ("fault", "blocked", "warning"):
            if fact in s.facts:
                errors.print(f"{s.service}: {s.facts[fact]}", markup=False, highlight=False)
    if not ready:
        raise typer.Exit(1)


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Really remove all data.")] = False,
) -> None:
    """Stop the local stack and remove its data and its pseudonym key."""
    settings = Settings()
    if not yes:
        errors.print(f"This removes {settings.home}: say --yes if you mean it.")
        raise typer.Exit(2)
    stack.reset(settings)
    console.print("removed")


def _lately(facts: dict[str, Any]) -> str | None:
    """The one fact about a service that people look for."""
    for name, words in (
        ("checkpoint_age_ms", "checkpoint {:.1f} s ago"),
        ("freshness_ms", "a vote shows after {:.1f} s"),
    ):
        if facts.get(name) is not None:
            return words.format(facts[name] / 1000)
    return None


def backup(
    folder: Annotated[Path, typer.Argument(help="Where to: a folder that is not there yet.")],
) -> None:
    """Copy log, tables, state and key; stops the stack for the time of the copy."""
    copied = copies.backup(Settings(), folder, lambda line: console.print(line, highlight=False))
    console.print(f"{copied.files:,} files, {copied.bytes >> 20:,} MiB in {folder}")


def restore(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
) -> None:
    """Copy a backup into an empty TUTTI_HOME; start it with tutti up."""
    settings = Settings()
    copied = copies.restore(settings, folder)
    console.print(f"{copied.files:,} files restored in {settings.home}: start it with tutti up")
