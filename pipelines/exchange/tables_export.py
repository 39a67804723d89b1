"""A consultation's views as Parquet and CSV, with a manifest that says what they are.

Every view of the database that has a `consultation_id` is exported, its rows in a fixed order: two
exports of the same cut have the same checksums. Parquet is exact. In CSV, NULL is an empty cell,
and unless `raw` is asked for, texts that a spreadsheet would run are defused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import pyarrow.parquet
from clickhouse_connect.driver.client import Client

from infra.clickhouse.state import active_cut
from operators.core.clock import Clock
from operators.core.errors import UnknownConsultationError
from pipelines.exchange import spreadsheets
from pipelines.exchange.files import Written, new_folder, write_manifest, write_query
from pipelines.exchange.spreadsheets import Csv
from schemas.times import format_instant

Database = Literal["open", "marts"]


@dataclass(frozen=True, slots=True)
class ExportedCut:
    """Which votes the numbers contain.

    Attributes:
        epoch: Which count.
        as_of: Broker time of the newest vote that is wholly counted; None: no votes yet.
        counted: Partition of accepted votes -> votes counted.
        moved: Votes were counted while the files were written, so that they may differ by those.
    """

    epoch: int
    as_of: str | None
    counted: dict[str, int]
    moved: bool


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One view in its files.

    Attributes:
        view: Its name with the database.
        about: What a row is.
        rows: Number of rows.
        columns: Name, ClickHouse's type and meaning of each column.
        methods: Names and versions of the formulas behind the scores.
        files: One in each format.
    """

    view: str
    about: str
    rows: int
    columns: list[dict[str, str]]
    methods: list[str]
    files: list[Written]


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """What an export holds."""

    consultation_id: str
    database: Database
    made_at: str
    tutti: str
    cut: ExportedCut
    csv: Csv
    tables: list[ExportedTable]


def export_tables(
    clickhouse: Client,
    consultation: str,
    folder: Path,
    database: Database,
    clock: Clock,
    *,
    raw: bool = False,
    say: Callable[[str], None] = lambda _view: None,
) -> ExportManifest:
    """Write all views of a consultation and the manifest into a new folder.

    Args:
        clickhouse: The operators' address: an export may be larger than an analyst's answer.
        consultation: Which one.
        folder: Where to; must not exist, or be empty.
        database: ``open`` for what may be public, ``marts`` for accredited analysts.
        clock: For the manifest.
        raw: Leave texts in CSV as they are, for programs that read them back.
        say: Called with each view's name before it is written.

    Raises:
        UnknownConsultationError: There is no such consultation, or the folder cannot be written.
    """
    views = _views(clickhouse, database)
    with new_folder(folder) as draft:
        before = _cut(clickhouse)
        tables = []
        for view, about in views:
            say(view)
            name = f"{database}.{view}"
            tables.append(_table(clickhouse, consultation, draft, name, about, raw=raw))
        if not any(table.rows for table in tables):
            raise UnknownConsultationError(consultation)
        epoch, as_of, counted = before
        cut = ExportedCut(epoch, as_of, counted, moved=_cut(clickhouse) != before)
        manifest = ExportManifest(
            consultation,
            database,
            format_instant(clock()),
            version("tutti"),
            cut,
            Csv.of(raw=raw),
            tables,
        )
        write_manifest(draft, manifest)
    return manifest


def _views(clickhouse: Client, database: Database) -> list[tuple[str, str]]:
    """The views that can be asked for a consultation; those of a past moment need one named."""
    rows = clickhouse.query(
        "SELECT name, comment FROM system.tables WHERE database = {database:String}"
        " AND (database, name) IN (SELECT database, table FROM system.columns"
        " WHERE name = 'consultation_id')"
        " AND NOT match(create_table_query, '\\\\{at:') ORDER BY name",
        parameters={"database": database},
    ).result_rows
    return [(str(name), str(comment)) for name, comment in rows]


def _table(
    clickhouse: Client, consultation: str, folder: Path, view: str, about: str, *, raw: bool
) -> ExportedTable:
    columns = [
        {"name": name, "type": kind, "about": comment}
        for name, kind, _, _, comment, *_ in clickhouse.query(f"DESCRIBE {view}").result_rows
    ]
    named = {"consultation": consultation}
    chosen = f"FROM {view} WHERE consultation_id = {{consultation:String}}"
    name = view.partition(".")[2]
    exact = f"SELECT * {chosen} ORDER BY ALL"
    files = [
        write_query(clickhouse, exact, "Parquet", folder / f"{name}.parquet", named),
        write_query(
            clickhouse,
            exact if raw else _defused(view, columns),
            "CSVWithNames",
            folder / f"{name}.csv",
            named,
        ),
    ]
    methods: list[str] = []
    for column in columns:
        if column["name"] == "method" or column["name"].endswith("_method"):
            found = clickhouse.query(f"SELECT DISTINCT {column['name']} {chosen}", named)
            methods += [str(method) for (method,) in found.result_rows if method]
    rows = pyarrow.parquet.read_metadata(folder / f"{name}.parquet").num_rows
    return ExportedTable(view, about, rows, columns, sorted(set(methods)), files)


def _defused(view: str, columns: list[dict[str, str]]) -> str:
    """The rows in the order of the exact ones: a text's own order, not that of what is written."""
    names = [f"exported.`{column['name']}`" for column in columns]
    listed = [
        f"{spreadsheets.defused(name) if spreadsheets.is_text(column['type']) else name}"
        f" AS `{column['name']}`"
        for name, column in zip(names, columns, strict=True)
    ]
    return (
        f"SELECT {', '.join(listed)} FROM {view} AS exported"
        " WHERE exported.consultation_id = {consultation:String}"
        f" ORDER BY {', '.join(names)}"
    )


def _cut(clickhouse: Client) -> tuple[int, str | None, dict[str, int]]:
    cut = active_cut(clickhouse)
    if cut is None:
        return 0, None, {}
    counted = {str(partition): votes for partition, votes in sorted(cut.counted.items())}
    return cut.epoch, format_instant(cut.as_of_ms), counted
