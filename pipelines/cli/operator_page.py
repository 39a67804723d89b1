"""``tutti operator-token``: what opens the operator page."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.installation import settings
from pipelines.cli.output import console, errors

if TYPE_CHECKING:
    from infra.config.settings import Settings


def operator_token(
    new: Annotated[
        bool, typer.Option("--new", help="Make another one; whoever is logged in is logged out.")
    ] = False,
) -> None:
    """Show the token that opens the operator page; made once, kept in a private file."""
    ours = settings()
    from infra.config.secrets import operator_token as token
    from infra.config.secrets import replace_operator_token

    errors.print(where(ours))
    console.print(replace_operator_token(ours) if new else token(ours))


def where(ours: "Settings") -> str:
    """Where the page is, without what opens it."""
    return f"operator page: http://127.0.0.1:{ours.live_port}/operator"
