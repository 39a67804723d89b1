"""Brings ClickHouse's tables to this version: numbered files, each applied once; then the views.

A migration's file is never edited after a release: its checksum is compared at each start.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.tables import insert_rows
from infra.clickhouse.views import make_views
from operators.core.errors import TerminalError

_CREATE: Final = re.compile(
    r"^(CREATE (?:TABLE|DATABASE|MATERIALIZED VIEW) )(?!IF NOT EXISTS)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Migration:
    """A numbered change of tables."""

    name: str
    text: str

    @property
    def number(self) -> int:
        """Its place in the order."""
        return int(self.name.partition("_")[0])

    @property
    def sha256(self) -> str:
        """What shows that the file was edited."""
        return sha256(self.text.encode()).hexdigest()

    def statements(self) -> list[str]:
        """What to run; each may be run twice, because a start may be killed in between."""
        parts = [part for part in self.text.split(";\n") if part.strip()]
        return [_CREATE.sub(r"\1IF NOT EXISTS ", part, count=1) for part in parts]


def migrations() -> list[Migration]:
    """All there are, in their order."""
    folder = files("schemas").joinpath("clickhouse/migrations")
    found = [Migration(file.name, file.read_text()) for file in folder.iterdir()]
    return sorted(found, key=lambda migration: migration.number)


def applied_migrations(clickhouse: Client) -> dict[str, str]:
    """Name → checksum of what was applied."""
    rows = clickhouse.query("SELECT name, sha256 FROM tutti.migrations").result_rows
    return {row[0]: row[1] for row in rows}


def migrate(clickhouse: Client, wanted: list[Migration] | None = None) -> list[str]:
    """Apply what is missing; returns the files applied.

    Args:
        clickhouse: A client that may write.
        wanted: The migrations; all there are by default.

    Raises:
        TerminalError: An applied file has changed since, or the data are of a newer version.
    """
    wanted = migrations() if wanted is None else wanted
    clickhouse.command("CREATE DATABASE IF NOT EXISTS tutti ENGINE = Atomic")
    clickhouse.command(
        "CREATE TABLE IF NOT EXISTS tutti.migrations ("
        "number UInt32 COMMENT 'Number of the file', name String COMMENT 'Its name',"
        " sha256 String COMMENT 'Its checksum',"
        " applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied')"
        " ENGINE = MergeTree ORDER BY number COMMENT 'Table migrations that were applied'"
    )
    applied = applied_migrations(clickhouse)
    newer = sorted(applied.keys() - {migration.name for migration in wanted})
    if newer:
        raise TerminalError(
            f"The data were written by a newer version of tutti ({newer[-1]}): use that one, or"
            " restore a backup of before."
        )
    for migration in wanted:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise TerminalError(
                f"{migration.name} was applied and has changed since: put the change into a new"
                " numbered file."
            )
    missing = [migration for migration in wanted if migration.name not in applied]
    for migration in missing:
        for statement in migration.statements():
            clickhouse.command(statement)
        insert_rows(
            clickhouse,
            "migrations",
            ("number", "name", "sha256"),
            [(migration.number, migration.name, migration.sha256)],
        )
    make_views(clickhouse, anew=bool(missing))
    return [migration.name for migration in missing]
