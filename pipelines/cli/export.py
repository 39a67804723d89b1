"""``tutti export``: a consultation into files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from infra.clickhouse.client import UNAVAILABLE, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.cli.output import AsJson, console, errors, print_json, table
from pipelines.exchange.polis_export import export_polis
from pipelines.exchange.tables_export import Database, ExportManifest, export_tables

PATIENCE_S = 600


def export(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    to: Annotated[Path, typer.Option("--to", help="A new folder.")],
    database: Annotated[
        Database,
        typer.Option("--database", help="open: what may be public; marts: all views."),
    ] = "open",
    layout: Annotated[
        Literal["tables", "polis"],
        typer.Option("--layout", help="polis: single ballots, in the layout of Polis's exports."),
    ] = "tables",
    as_json: AsJson = False,
) -> None:
    """Write a consultation as Parquet and CSV with a manifest, or as Polis does."""
    if layout == "polis" and database == "open":
        raise TerminalError(
            "Polis's layout holds single ballots, which are not public: add --database marts."
        )
    try:
        clickhouse = connect(Settings(), timeout_s=PATIENCE_S)
        if layout == "polis":
            files = export_polis(clickhouse, consultation, to)
            if as_json:
                print_json([asdict(file) for file in files])
            else:
                console.print(
                    table(str(to), ["file", "bytes"], ((file.file, file.bytes) for file in files))
                )
            return
        manifest = export_tables(clickhouse, consultation, to, database, system_clock)
    except UNAVAILABLE:
        raise ClickHouseUnavailableError from None
    if as_json:
        print_json(asdict(manifest))
    else:
        _print(manifest, to)


def _print(manifest: ExportManifest, folder: Path) -> None:
    console.print(
        table(
            f"{folder}  (newest vote counted: {manifest.cut.as_of or 'none'})",
            ["view", "rows", "bytes"],
            (
                (made.view, made.rows, sum(file.bytes for file in made.files))
                for made in manifest.tables
            ),
        )
    )
    if manifest.cut.moved:
        errors.print(
            "votes were counted meanwhile, so the files may differ by those: export again when"
            " none arrive to have them of one moment"
        )
