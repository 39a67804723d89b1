"""The command ``tutti``."""

import os
import sys

import typer
from pydantic import ValidationError

from operators.core.errors import TuttiError
from pipelines.cli import data, dlq, epochs, models, schemas, stack
from pipelines.cli.config import config
from pipelines.cli.demo import demo
from pipelines.cli.doctor import doctor
from pipelines.cli.explain import explain
from pipelines.cli.export import export
from pipelines.cli.groups import groups
from pipelines.cli.output import errors
from pipelines.cli.signals import signals
from pipelines.cli.similar import similar
from pipelines.cli.top import top
from pipelines.cli.topics import topics

app = typer.Typer(
    name="tutti",
    help="Live, exact, explainable consensus of large public consultations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(stack.up)
app.command()(stack.down)
app.command()(stack.status)
app.command()(doctor)
app.command()(stack.reset)
app.command()(stack.backup)
app.command()(stack.restore)
app.command()(data.send)
app.command()(data.sync)
app.command()(top)
app.command()(explain)
app.command()(groups)
app.command()(topics)
app.command()(signals)
app.command()(similar)
app.command()(data.query)
app.command()(data.reconcile)
app.command()(export)
app.command()(epochs.rebuild)

importers = typer.Typer(help="Send a consultation from elsewhere.", no_args_is_help=True)
importers.command("polis")(data.import_polis)
app.add_typer(importers, name="import")
app.add_typer(config, name="config")
app.add_typer(schemas.app, name="schemas")
app.add_typer(dlq.app, name="dlq")
app.add_typer(models.app, name="models")


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
