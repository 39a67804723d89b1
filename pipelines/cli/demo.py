"""``tutti demo``."""

from typing import Annotated

import typer

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.cli.data import print_reconciliation
from pipelines.cli.installation import settings
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
    ours = settings()
    from infra.local.services import SERVICES
    from infra.local.stack import NotReadyError
    from pipelines.demo.show import show

    elsewhere = [service.elsewhere(ours) for service in SERVICES if service.elsewhere(ours)]
    if elsewhere:
        raise TerminalError(
            f"The demo would send invented votes to {', '.join(map(str, elsewhere))}: unset the"
            " addresses of servers elsewhere."
        )
    # A folder of its own: the demo removes its data first, and never anybody else's.
    ours = ours.model_copy(update={"home": ours.home / "demo"})
    if seconds is None and not console.is_terminal:
        seconds = UNATTENDED_S
    try:
        found = show(ours, console.screen, seconds=seconds, rate=rate, clock=system_clock)
    except NotReadyError as error:
        errors.print(error.tail)
        raise
    print_reconciliation(found)
    if found.verdict != "equal":
        raise typer.Exit(1)
