"""Tables go forward from every earlier version, with data in place, whatever happens meanwhile."""

import threading
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_process import ServerProcess, TuttiServerProcess, free_base, running

from infra.clickhouse import views
from infra.clickhouse.migrations import Migration, migrate, migrations
from infra.clickhouse.views import view_names
from operators.core.errors import TerminalError


@pytest.fixture
def clickhouse(own_server: ServerProcess) -> Client:
    return own_server.client(autogenerate_session_id=False)


def fill(clickhouse: Client) -> dict[str, list[str]]:
    """Three rows in each table that keeps something, but for what migrations note.

    What views fill from accepted votes has its rows from there. Returns the columns of each table
    that has rows now.
    """
    columns = defaultdict[str, dict[str, str]](dict)
    for table, name, kind in clickhouse.query(
        "SELECT table, name, type FROM system.columns WHERE database = 'tutti' AND table IN ("
        "SELECT name FROM system.tables WHERE database = 'tutti' AND name NOT IN"
        " ('migrations', 'views', 'ballots', 'accepted_offsets', 'arrivals', 'open_touched')"
        " AND (engine LIKE '%MergeTree' OR name = 'accepted_votes'))"
        " AND default_kind != 'MATERIALIZED' ORDER BY table, position"
    ).result_rows:
        columns[table][name] = kind
    for table, kinds in columns.items():
        rows = [
            [value(*column, 3 * place + row) for place, column in enumerate(kinds.items())]
            for row in (1, 2, 3)
        ]
        clickhouse.insert(table, rows, list(kinds), database="tutti")
    return filled(clickhouse)


def value(name: str, kind: str, number: int) -> Any:
    """Of that type, another one for each number, and never the default."""
    inner = kind.partition("(")[2].removesuffix(")")
    if name == "is_deleted":  # the engine takes 0 and 1 only
        return number % 2
    if kind.startswith("Array("):
        return [value(name, inner, number), value(name, inner, number + 1)]
    if kind.startswith("Map("):
        key, mapped = inner.split(", ")
        return {value(name, key, number): value(name, mapped, number + 1)}
    if kind.startswith("DateTime64("):
        return datetime.fromtimestamp(number + number / 1000, UTC)
    if "String" in kind:
        return f"{number:032x}" if name == "participant" else f"{name} {number}"
    return number + 0.5 if "Float" in kind else number


def filled(clickhouse: Client) -> dict[str, list[str]]:
    """The columns of each table that has rows, but for what migrations note."""
    columns = defaultdict[str, list[str]](list)
    for table, name in clickhouse.query(
        "SELECT table, name FROM system.columns WHERE database = 'tutti' AND table IN ("
        "SELECT name FROM system.tables WHERE database = 'tutti' AND total_rows > 0"
        " AND engine LIKE '%MergeTree' AND name NOT IN ('migrations', 'views'))"
        " ORDER BY table, position"
    ).result_rows:
        columns[table].append(name)
    return columns


def contents(clickhouse: Client, columns: dict[str, list[str]]) -> dict[str, list[bytes]]:
    """The rows of each table in these columns: as text, in the order of the text."""
    rows = {
        table: clickhouse.raw_query(f"SELECT {', '.join(names)} FROM tutti.{table}", fmt="TSV")
        for table, names in columns.items()
    }
    return {table: sorted(text.splitlines()) for table, text in rows.items()}


@pytest.fixture
def tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without views: making and reading them takes most of the time of a test."""
    monkeypatch.setattr(views, "view_names", tuple)


@pytest.mark.parametrize("version", range(1, len(migrations()) + 1))
def test_the_newest_version_is_reached_from_every_earlier_one_with_its_data(
    clickhouse: Client, version: int, tables_only: None
) -> None:
    migrate(clickhouse, migrations()[:version])
    columns = fill(clickhouse)
    before = contents(clickhouse, columns)
    assert len(before) >= 9
    assert all(len(set(rows)) == len(rows) >= 3 for rows in before.values())
    assert migrate(clickhouse) == [m.name for m in migrations()[version:]]
    assert contents(clickhouse, columns) == before
    assert migrate(clickhouse) == []


def test_every_view_reads_the_data_of_the_first_version(
    clickhouse: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(views, "view_names", tuple)  # those of today may need the tables of today
        migrate(clickhouse, migrations()[:1])
    fill(clickhouse)
    migrate(clickhouse)
    for name in view_names():
        moment = "(at = '2026-05-01 20:00:00')" if name.endswith("_at") else ""
        clickhouse.query(f"SELECT * FROM {name}{moment}")


WITH_CONSULTATIONS = ("tutti.cells", "tutti.announced", "marts.consultations")
"""Few views, those that they read first."""


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ("SELECT 1", 1),
        ("DROP VIEW marts.consultations", 2),
        ("CREATE OR REPLACE VIEW marts.consultations AS SELECT 1 AS consultation_id", 2),
    ],
)
def test_views_are_made_again_only_if_they_are_not_those_of_this_version(
    clickhouse: Client, change: str, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "view_names", lambda: WITH_CONSULTATIONS)
    migrate(clickhouse)
    columns = "SELECT name FROM system.columns WHERE database = 'marts' AND table = 'consultations'"
    before = clickhouse.query(columns).result_rows
    clickhouse.command(change)
    migrate(clickhouse)
    assert clickhouse.query(columns).result_rows == before
    assert clickhouse.query("SELECT count() FROM tutti.views").result_rows == [(made,)]


def test_numbers_are_unique_and_without_gaps() -> None:
    assert [m.number for m in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_migration_that_was_killed_anywhere_is_resumed(
    clickhouse: Client, tables_only: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every statement is followed by a death; its effect is there, its note is not."""
    every = [statement for migration in migrations() for statement in migration.statements()]
    run = clickhouse.command
    for death in range(len(every)):
        done: list[str] = []

        def command(sql: str, death: int = death, done: list[str] = done) -> object:
            answer = run(sql)
            done.append(sql)
            if sql == every[death]:
                raise KeyboardInterrupt
            return answer

        monkeypatch.setattr(clickhouse, "command", command)
        with pytest.raises(KeyboardInterrupt):
            migrate(clickhouse)
    monkeypatch.setattr(clickhouse, "command", run)
    migrate(clickhouse)
    assert len(fill(clickhouse)) >= 9


def test_an_edited_file_is_refused_and_nothing_is_done(
    clickhouse: Client, tables_only: None
) -> None:
    migrate(clickhouse)
    edited = Migration(migrations()[0].name, migrations()[0].text + "\n-- more\n")
    more = Migration("0099_more.sql", "CREATE TABLE tutti.more (a UInt8) ENGINE = Null;\n")
    with pytest.raises(TerminalError, match="has changed since"):
        migrate(clickhouse, [edited, *migrations()[1:], more])
    with pytest.raises(DatabaseError):
        clickhouse.query("SELECT * FROM tutti.more")


def test_data_of_a_newer_version_are_refused(clickhouse: Client, tables_only: None) -> None:
    more = Migration("0099_more.sql", "CREATE TABLE tutti.more (a UInt8) ENGINE = Null;\n")
    migrate(clickhouse, [*migrations(), more])
    with pytest.raises(TerminalError, match=r"newer version of tutti \(0099_more.sql\)"):
        migrate(clickhouse)


def test_a_reader_is_never_without_a_view(
    own_server: ServerProcess, clickhouse: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    those_below = view_names()[: view_names().index("marts.leaderboard") + 1]
    monkeypatch.setattr(views, "view_names", lambda: those_below)
    migrate(clickhouse)
    enough, errors, boards = threading.Event(), [], []

    def read() -> None:
        reader = own_server.client(autogenerate_session_id=False)
        while not enough.is_set():
            try:
                boards.append(reader.query("SELECT count() FROM marts.leaderboard").result_rows)
            except DatabaseError as error:
                errors.append(str(error)[:300])

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(3):
            clickhouse.command("TRUNCATE TABLE tutti.views")  # so that they are made anew
            read_before = len(boards)
            migrate(clickhouse)
            assert len(boards) > read_before
    finally:
        enough.set()
        reader.join()
    assert boards
    assert not errors


def test_tables_outlive_the_server(tmp_path: Path, tables_only: None) -> None:
    with running(TuttiServerProcess(tmp_path, free_base())) as server:
        migrate(server.client(autogenerate_session_id=False))
        columns = fill(server.client(autogenerate_session_id=False))
        before = contents(server.client(autogenerate_session_id=False), columns)
        server.stop()
        server.start()
        clickhouse = server.client(autogenerate_session_id=False)
        assert migrate(clickhouse) == []
        assert filled(clickhouse) == columns
        assert contents(clickhouse, columns) == before
        server.stop()


def test_what_came_before_the_arrival_ledger_is_read_once_more(
    clickhouse: Client, tables_only: None
) -> None:
    """The ledger of an installation that ran before is filled from its topics by the sink."""
    migrate(clickhouse, migrations()[:8])
    topics = ("tutti.accepted-votes.v1", "tutti.dead-letters.v1", "tutti.tallies.v1")
    columns = ["stage", "topic", "partition", "next_offset"]
    rows = [[stage, topic, 0, 7] for stage in ("done", "log") for topic in topics]
    clickhouse.insert("positions", rows, columns, database="tutti")
    migrate(clickhouse)
    kept = clickhouse.query("SELECT topic FROM tutti.positions FINAL WHERE stage = 'done'")
    assert kept.result_rows == [("tutti.tallies.v1",)]
    logs = clickhouse.query("SELECT count() FROM tutti.positions FINAL WHERE stage = 'log'")
    assert logs.result_rows == [(3,)]
