"""``tutti demo``."""

from typing import Annotated

import typer

from infra.config.settings import Settings
from infra.local.services import SERVICES
from infra.local.stack import NotReadyError
from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.cli.data import print_reconciliation
from pipelines.cli.output import console, errors

UNATTENDED_S = 60.0


def demo(
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            envvar="DEMO_SECONDS",
            min=1,
            help="How long; on a terminal until Ctrl-C, otherwise 60 s.",
        ),
    ] = None,
    rate: Annotated[
        int, typer.Option("--rate", envvar="DEMO_RATE", min=1, help="Messages per second.")
    ] = 2_000,
) -> None:
    """Show a running consultation, then recount it; exit 1 on any difference."""
    # It brings Apache Beam, which takes a second to import: only this command waits for it.
    from pipelines.demo.show import show

    settings = Settings()
    elsewhere = [part.elsewhere(settings) for part in SERVICES if part.elsewhere(settings)]
    if elsewhere:
        raise TerminalError(
            f"The demo would send invented votes to {', '.join(map(str, elsewhere))}: unset the"
            " addresses of servers elsewhere."
        )
    # A folder of its own: the demo removes its data first, and never anybody else's.
    settings = settings.model_copy(update={"home": settings.home / "demo"})
    if seconds is None and not console.is_terminal:
        seconds = UNATTENDED_S
    try:
        found = show(settings, console, seconds=seconds, rate=rate, clock=system_clock)
    except NotReadyError as error:
        errors.print(error.tail, markup=False, highlight=False)
        raise
    print_reconciliation(found)
    if found.verdict != "equal":
        raise typer.Exit(1)
