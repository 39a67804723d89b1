"""Brings ClickHouse to this version: numbered tables once, views as they are written now.

A mart's file in `schemas/clickhouse/marts` is one SELECT. Its first comment describes the view,
and the comment behind ``AS name,`` describes that column; what ``$agreement_low`` and the like
stand for is in `infra.clickhouse.formulas`.

A view ``NAME_at`` shows a past moment: ``SELECT * FROM marts.leaderboard_at(at = '2026-05-01
20:00:00')``. Unless it has a file of its own, it is made from that of ``NAME``, reading the views
below it ``_at`` the same moment, so that a board of now and one of then are one text.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from infra.clickhouse.formulas import AT, AT_MINUTE, formulas
from operators.core.errors import TerminalError

VIEWS: Final = (
    "tutti.cells",
    "tutti.minute_cells",
    "tutti.active_cut",
    "tutti.held",
    "tutti.active_epoch_at",
    "tutti.cells_at",
    "tutti.active_cut_at",
    "tutti.held_at",
    "tutti.opinion_runs",
    "tutti.group_votes",
    "marts.consultations",
    "marts.proposals",
    "marts.group_consensus",
    "marts.leaderboard",
    "marts.leaderboard_at",
    "marts.leaderboard_by_country",
    "marts.leaderboard_by_country_at",
    "marts.agreement_by_country",
    "marts.agreement_by_country_at",
    "marts.agreement_by_window",
    "marts.opinion_groups",
    "marts.agreement_by_group",
    "marts.group_representatives",
    "marts.participation",
    "marts.dead_letters",
    "tutti.active_cluster_epoch",
    "marts.clustering",
    "marts.clusters",
    "marts.cluster_members",
    "tutti.cluster_ballots",
    "marts.cluster_leaderboard",
    "marts.cluster_leaderboard_by_country",
    "marts.cluster_events",
    "marts.duplicates",
    "marts.duplicate_suggestions",
    "marts.vectors",
    "marts.freshness",
    "marts.reconciliation",
    "tutti.releases",
    "open.leaderboard",
    "open.agreement_by_country",
    "open.agreement_by_window",
    "open.participation",
    "marts.signal_effects",
    "marts.signals",
)
"""In the order in which they build on one another."""

_NOW: Final = re.compile(
    "|".join(rf"\b{re.escape(name.removesuffix('_at'))}\b" for name in VIEWS if name[-3:] == "_at")
)
"""Views that exist a second time, as of a past moment."""

_CREATE: Final = re.compile(
    r"^(CREATE (?:TABLE|DATABASE|MATERIALIZED VIEW) )(?!IF NOT EXISTS)", re.MULTILINE
)
_COLUMN: Final = re.compile(r"(\w+),? +-- (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class View:
    """A view as its file states it."""

    name: str
    comment: str
    columns: dict[str, str]
    select: str


def view(name: str) -> View:
    """Read a view's file."""
    file = files("schemas").joinpath(f"clickhouse/marts/{name}.sql")
    if name.endswith("_at") and not file.is_file():
        return _past(view(name.removesuffix("_at")))
    source = file.read_text()
    head = re.match(r"(?:-- .*\n)+", source)
    if head is None:
        raise TerminalError(f"{name}.sql must begin with a comment that describes the view.")
    comment = " ".join(line.removeprefix("-- ") for line in head[0].splitlines())
    body = source[head.end() :].strip().rstrip(";")
    select = Template(body).substitute(formulas())
    columns = {column: text.strip() for column, text in _COLUMN.findall(select)}
    return View(name, comment, columns, select)


def _past(now: View) -> View:
    """The same view as of a past moment."""
    select = _NOW.sub(lambda found: f"{found[0]}_at(at = {AT})", now.select)
    shown_at = f"fromUnixTimestamp64Milli({AT_MINUTE} * 60000, 'UTC')"
    return View(
        f"{now.name}_at",
        "As it was at the end of the last whole minute not after the parameter `at`; texts, status"
        f" and settings of consultations are those of now. {now.comment}",
        now.columns | {"shown_at": "The end of that minute"},
        f"SELECT past.*, {shown_at} AS shown_at FROM (\n{select}\n) AS past",
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
    folder = files("schemas").joinpath("clickhouse/tables")
    found = [Migration(file.name, file.read_text()) for file in folder.iterdir()]
    return sorted(found, key=lambda migration: migration.number)


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
    rows = clickhouse.query("SELECT name, sha256 FROM tutti.migrations").result_rows
    applied: dict[str, str] = {row[0]: row[1] for row in rows}
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
        clickhouse.insert(
            "migrations",
            [[migration.number, migration.name, migration.sha256]],
            column_names=["number", "name", "sha256"],
            database="tutti",
        )
    _make_views(clickhouse, anew=bool(missing))
    return [migration.name for migration in missing]


def _make_views(clickhouse: Client, *, anew: bool) -> None:
    """Make all views, unless these very ones are there: asking their columns' types takes long."""
    wanted = [view(name) for name in VIEWS]
    clickhouse.command(
        "CREATE TABLE IF NOT EXISTS tutti.views (sha256 String COMMENT 'Checksum of all views',"
        " made_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When they were made')"
        " ENGINE = MergeTree ORDER BY made_at COMMENT 'Which views were made'"
    )
    made = scalar(clickhouse, "SELECT argMax(sha256, made_at) FROM tutti.views")
    if anew or made != _checksum(clickhouse, wanted):
        for each in wanted:
            _replace(clickhouse, each)
        clickhouse.insert(
            "views", [[_checksum(clickhouse, wanted)]], column_names=["sha256"], database="tutti"
        )


def _checksum(clickhouse: Client, wanted: list[View]) -> str:
    """Of the views as they are written, and as this engine has them now."""
    there = clickhouse.query(
        "SELECT version(), groupArray(create_table_query) FROM ("
        "SELECT create_table_query FROM system.tables"
        " WHERE concat(database, '.', name) IN {names:Array(String)} ORDER BY database, name)",
        parameters={"names": [view.name for view in wanted]},
    ).result_rows
    return sha256(f"{wanted} {there}".encode()).hexdigest()


def _replace(clickhouse: Client, wanted: View) -> None:
    """Create the view with its comments; the engine says the columns' types."""
    moment = {"at": "2000-01-01 00:00:00.000"} if "{at:" in wanted.select else None
    described = clickhouse.query(f"DESCRIBE ({wanted.select})", parameters=moment).result_rows
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
