"""``tutti export``: a consultation into files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.cli.installation import clickhouse
from pipelines.cli.output import AsJson, console, errors, print_json

if TYPE_CHECKING:
    from pipelines.exchange.spreadsheets import Csv
    from pipelines.exchange.tables_export import ExportManifest

PATIENCE_S = 600


def export(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    to: Annotated[Path, typer.Option("--to", help="A new folder.")],
    database: Annotated[
        Literal["open", "marts"],
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
    """Write a consultation as Parquet and CSV with a manifest, or as Polis does.

    The manifest has schema, checksums, methods and the cut. Polis's layout holds single ballots,
    which tutti import polis reads.
    """
    if layout == "polis" and database == "open":
        raise TerminalError(
            "Polis's layout holds single ballots, which are not public: add --database marts."
        )
    views = clickhouse(timeout_s=PATIENCE_S)
    from pipelines.cli.consultations import about
    from pipelines.cli.screen import table
    from pipelines.exchange.polis_export import export_polis
    from pipelines.exchange.tables_export import export_tables

    if layout == "polis":
        with about(views, consultation):
            written = export_polis(views, consultation, to, system_clock, raw=raw)
        if as_json:
            print_json(asdict(written))
        else:
            rows = ((file.file, file.bytes) for file in written.files)
            console.print(f"{to}", style="bold")
            console.print(table("", ["file", "bytes"], rows))
            _print_csv(written.csv)
        return
    with about(views, consultation):
        manifest = export_tables(views, consultation, to, database, system_clock, raw=raw)
    if as_json:
        print_json(asdict(manifest))
    else:
        _print(manifest, to)


def _print(manifest: "ExportManifest", folder: Path) -> None:
    from pipelines.cli.screen import table

    newest = manifest.cut.as_of or "none"
    console.print(f"{folder}  (newest vote counted: {newest})", style="bold")
    console.print(
        table(
            "",
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


def _print_csv(csv: "Csv") -> None:
    hint = "; --raw leaves them as they are" if csv.defused else ""
    console.print(f"CSV: {csv.about}{hint}")
