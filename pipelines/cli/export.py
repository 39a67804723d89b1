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
from pipelines.exchange.spreadsheets import Csv
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
    raw: Annotated[
        bool,
        typer.Option("--raw", help="CSV: leave texts that a spreadsheet would run as they are."),
    ] = False,
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
            written = export_polis(clickhouse, consultation, to, system_clock, raw=raw)
            if as_json:
                print_json(asdict(written))
            else:
                rows = ((file.file, file.bytes) for file in written.files)
                console.print(table(str(to), ["file", "bytes"], rows))
                _print_csv(written.csv)
            return
        manifest = export_tables(clickhouse, consultation, to, database, system_clock, raw=raw)
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
    _print_csv(manifest.csv)
    if manifest.cut.moved:
        errors.print(
            "votes were counted meanwhile, so the files may differ by those: export again when"
            " none arrive to have them of one moment"
        )


def _print_csv(csv: Csv) -> None:
    hint = "; --raw leaves them as they are" if csv.defused else ""
    console.print(f"CSV: {csv.about}{hint}", markup=False, highlight=False, soft_wrap=True)
