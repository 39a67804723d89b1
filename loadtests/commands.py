"""The terminal of the commands of load tests and of evaluation, and how commands end."""

import sys

import typer
from rich.console import Console

from operators.core.errors import TuttiError

console = Console()


def say(line: str) -> None:
    """Print progress, less visibly than results."""
    console.print(line, style="dim")


def run(app: typer.Typer) -> None:
    """Run a command; an error is printed as one sentence."""
    try:
        app()
    except TuttiError as error:
        console.print(f"error: {error}", style="red")
        sys.exit(1)
