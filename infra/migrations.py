"""Brings ClickHouse to this version: numbered tables once, views as they are written now.

A mart's file in `schemas/clickhouse/marts` is one SELECT. Its first comment describes the view,
and the comment behind ``AS name,`` describes that column; ``$agreement_low`` and the like are the
formulas of `operators.core`. ``$not_probe`` leaves the probe's votes out; every view that reads
tallies, windows or ballots has it.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Final

from clickhouse_connect.driver.client import Client

from operators.core import agreement
from operators.core.errors import TerminalError
from schemas.reserved import PROBE_CONSULTATION

VIEWS: Final = (
    "tutti.cells",
    "tutti.minute_cells",
    "tutti.shown_cut",
    "marts.consultations",
    "marts.proposals",
    "marts.leaderboard",
    "marts.agreement_by_country",
    "marts.agreement_by_window",
    "marts.participation",
    "marts.dead_letters",
    "marts.freshness",
    "marts.reconciliation",
)
"""In the order in which they build on one another."""

_COLUMN: Final = re.compile(r"(\w+),? +-- (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class View:
    """A view as its file states it."""

    name: str
    comment: str
    columns: dict[str, str]
    select: str


def _formulas() -> dict[str, str]:
    trusted = {"agree": "counts.agree", "total": "counts.votes"}
    return {
        "agreement_rate": agreement.RATE_SQL.format(**trusted),
        "agreement_low": agreement.LOW_SQL.format(**trusted),
        "agreement_high": agreement.HIGH_SQL.format(**trusted),
        "agreement_method": f"'{agreement.METHOD}'",
        "not_probe": f"consultation_id != '{PROBE_CONSULTATION}'",
    }


def view(name: str) -> View:
    """Read a view's file."""
    source = files("schemas").joinpath(f"clickhouse/marts/{name}.sql").read_text()
    head = re.match(r"(?:-- .*\n)+", source)
    if head is None:
        raise TerminalError(f"{name}.sql must begin with a comment that describes the view.")
    comment = " ".join(line.removeprefix("-- ") for line in head[0].splitlines())
    body = source[head.end() :].strip().rstrip(";")
    columns = {column: text.strip() for column, text in _COLUMN.findall(body)}
    return View(name, comment, columns, Template(body).substitute(_formulas()))


def migrate(clickhouse: Client) -> list[str]:
    """Apply what is missing; returns the files applied.

    Raises:
        TerminalError: An applied migration's file has changed since.
    """
    done: list[str] = []
    clickhouse.command("CREATE DATABASE IF NOT EXISTS tutti ENGINE = Atomic")
    clickhouse.command(
        "CREATE TABLE IF NOT EXISTS tutti.migrations ("
        "number UInt32 COMMENT 'Number of the file', name String COMMENT 'Its name',"
        " sha256 String COMMENT 'Its checksum',"
        " applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied')"
        " ENGINE = MergeTree ORDER BY number COMMENT 'Table migrations that were applied'"
    )
    rows = clickhouse.query("SELECT name, sha256 FROM tutti.migrations").result_rows
    applied: dict[str, str] = {row[0]: row[1] for row in rows}
    folder = files("schemas").joinpath("clickhouse/tables")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        text = file.read_text()
        digest = sha256(text.encode()).hexdigest()
        if file.name in applied:
            if applied[file.name] != digest:
                raise TerminalError(
                    f"{file.name} was applied and has changed since: put the change into a new"
                    " numbered file."
                )
            continue
        for statement in text.split(";\n"):
            if statement.strip():
                clickhouse.command(statement)
        number = int(file.name.partition("_")[0])
        clickhouse.insert(
            "migrations",
            [[number, file.name, digest]],
            column_names=["number", "name", "sha256"],
            database="tutti",
        )
        done.append(file.name)
    for name in VIEWS:
        _replace(clickhouse, view(name))
    return done


def _replace(clickhouse: Client, wanted: View) -> None:
    """Create the view with its comments; the engine says the columns' types."""
    described = clickhouse.query(f"DESCRIBE ({wanted.select})").result_rows
    columns = ", ".join(
        f"`{name}` {kind} COMMENT '{_quote(wanted.columns.get(name, ''))}'"
        for name, kind, *_ in described
    )
    clickhouse.command(
        f"CREATE OR REPLACE VIEW {wanted.name} ({columns}) AS {wanted.select}"
        f" COMMENT '{_quote(wanted.comment)}'"
    )


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
