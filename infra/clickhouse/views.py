"""Views: each file is one SELECT; their order follows from what each one reads.

The first comment of a file in `schemas/clickhouse/views` describes the view, and the comment behind
``AS name,`` describes that column; what ``$agreement_low`` and the like stand for is in
`infra.clickhouse.formulas`. The folder is the database: ``internal`` is `tutti`, whose views nobody
but tutti reads.

A view ``NAME_at`` shows a past moment: ``SELECT * FROM marts.leaderboard_at(at = '2026-05-01
20:00:00')``. Unless it has a file of its own, it is made from that of ``NAME``, reading the views
below it ``_at`` the same moment, so that a board of now and one of then are one text.
"""

import re
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from infra.clickhouse.formulas import formulas
from infra.clickhouse.moments import AT, AT_MINUTE
from infra.clickhouse.tables import insert_rows
from operators.core.errors import TerminalError

FOLDERS: Final = {"tutti": "internal", "marts": "marts", "open": "open"}
"""Database → folder."""

FROM_THE_SAME_FILE: Final = (
    "marts.leaderboard_at",
    "marts.leaderboard_by_country_at",
    "marts.agreement_by_country_at",
    "open.leaderboard_at",
    "open.agreement_by_country_at",
)
"""Views as of a past moment that have no file of their own."""

_REFERENCE: Final = re.compile(rf"\b(?:FROM|JOIN)\s+((?:{'|'.join(FOLDERS)})\.\w+)")
_COLUMN: Final = re.compile(r"(\w+),? +-- (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class View:
    """A view as its file states it.

    Attributes:
        name: Database and name.
        comment: What it shows.
        columns: Name → meaning.
        select: Its SQL, formulas filled in.
    """

    name: str
    comment: str
    columns: dict[str, str]
    select: str

    @property
    def reads(self) -> set[str]:
        """The tables and views that stand behind its FROM and JOIN."""
        return set(_REFERENCE.findall(self.select))


@cache
def view_names() -> tuple[str, ...]:
    """All views, each behind those that it reads; of the rest, in the order of their names."""
    there = {
        f"{database}.{file.name.removesuffix('.sql')}"
        for database, folder in FOLDERS.items()
        for file in _folder(folder).iterdir()
    } | set(FROM_THE_SAME_FILE)
    graph = {name: sorted(view(name).reads & there) for name in sorted(there)}
    return tuple(TopologicalSorter(graph).static_order())


@cache
def view(name: str) -> View:
    """Read a view's file.

    Raises:
        TerminalError: It does not begin with a comment.
    """
    if name in FROM_THE_SAME_FILE:
        return _past(view(name.removesuffix("_at")))
    database, _, base = name.partition(".")
    source = _folder(FOLDERS[database]).joinpath(f"{base}.sql").read_text()
    head = re.match(r"(?:-- .*\n)+", source)
    if head is None:
        raise TerminalError(f"{name}.sql must begin with a comment that describes the view.")
    comment = " ".join(line.removeprefix("-- ") for line in head[0].splitlines())
    body = source[head.end() :].strip().rstrip(";")
    select = Template(body).substitute(formulas())
    columns = {column: text.strip() for column, text in _COLUMN.findall(select)}
    return View(name, comment, columns, select)


def _folder(name: str) -> Traversable:
    return files("schemas").joinpath(f"clickhouse/views/{name}")


@cache
def _of_now() -> re.Pattern[str]:
    """Finds the views that exist a second time, as of a past moment."""
    own = {
        f"tutti.{file.name.removesuffix('_at.sql')}"
        for file in _folder("internal").iterdir()
        if file.name.endswith("_at.sql")
    }
    twice = own | {name.removesuffix("_at") for name in FROM_THE_SAME_FILE}
    return re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(twice)))


def _past(now: View) -> View:
    """The same view as of a past moment."""
    select = _of_now().sub(lambda found: f"{found[0]}_at(at = {AT})", now.select)
    shown_at = f"fromUnixTimestamp64Milli({AT_MINUTE} * 60000, 'UTC')"
    return View(
        f"{now.name}_at",
        "As it was at the end of the last whole minute not after the parameter `at`; texts, status"
        f" and settings of consultations are those of now. {now.comment}",
        now.columns | {"shown_at": "The end of that minute"},
        f"SELECT past.*, {shown_at} AS shown_at FROM (\n{select}\n) AS past",
    )


def make_views(clickhouse: Client, *, anew: bool) -> None:
    """Make all views, unless these very ones are there: asking their columns' types takes long.

    Args:
        clickhouse: A client that may write.
        anew: Make them in any case, because a table has changed.
    """
    wanted = [view(name) for name in view_names()]
    clickhouse.command(
        "CREATE TABLE IF NOT EXISTS tutti.views (sha256 String COMMENT 'Checksum of all views',"
        " made_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When they were made')"
        " ENGINE = MergeTree ORDER BY made_at COMMENT 'Which views were made'"
    )
    made = scalar(clickhouse, "SELECT argMax(sha256, made_at) FROM tutti.views")
    if anew or made != _checksum(clickhouse, wanted):
        for each in wanted:
            _replace(clickhouse, each)
        insert_rows(clickhouse, "views", ("sha256",), [(_checksum(clickhouse, wanted),)])


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
