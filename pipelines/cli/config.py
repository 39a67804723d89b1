"""``tutti config show``: every setting, its value, and where it comes from."""

from dataclasses import asdict

import typer

from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, print_json

config = typer.Typer(help="Settings.", no_args_is_help=True, rich_markup_mode=None)


@config.callback()
def _group() -> None:
    """Keeps ``show`` a command of its own while it is the only one."""


@config.command("show")
def show(as_json: AsJson = False) -> None:
    """Show every setting with its origin and meaning, and the addresses that follow from them.

    Secrets are masked.
    """
    ours = settings()
    from infra.config.settings_report import settings_report

    found = settings_report(ours)
    if as_json:
        print_json([asdict(line) for line in found])
        return
    wide = max(len(line.name) for line in found)
    for line in found:
        console.print(
            f"{line.name:{wide}}  {line.origin:11}  {line.value or 'unset'}  ({line.meaning})",
        )
