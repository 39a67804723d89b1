"""The internal tables, in the database `tutti`: which topic's records each takes, and inserts.

The tables themselves are made by `schemas/clickhouse/migrations`. No other package names the
database; it passes the name of a table to these functions.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from schemas.topics import (
    ACCEPTED_CONSULTATIONS,
    ACCEPTED_PROPOSALS,
    ACCEPTED_VOTES,
    ASSIGNMENTS,
    CLUSTER_EVENTS,
    CLUSTER_PROGRESS,
    CLUSTERS,
    DEAD_LETTERS,
    MANIFESTS,
    PROGRESS,
    TALLIES,
    VECTORS,
    WINDOWS,
)

RECORD_TABLES: Final[dict[str, str]] = {
    ACCEPTED_CONSULTATIONS.name: "tutti.consultations",
    ACCEPTED_PROPOSALS.name: "tutti.proposals",
    DEAD_LETTERS.name: "tutti.dead_letters",
    ACCEPTED_VOTES.name: "tutti.accepted_votes",
    CLUSTER_EVENTS.name: "tutti.cluster_events",
    TALLIES.name: "tutti.tallies",
    WINDOWS.name: "tutti.windows",
    PROGRESS.name: "tutti.progress",
    CLUSTERS.name: "tutti.clusters",
    ASSIGNMENTS.name: "tutti.assignments",
    VECTORS.name: "tutti.sent_vectors",
    MANIFESTS.name: "tutti.manifests",
    CLUSTER_PROGRESS.name: "tutti.cluster_progress",
}
"""Topic → the table that takes its records, whose columns have the names of the record's fields."""

_DATABASE: Final = "tutti"
_LINES_SETTINGS: Final = {
    "async_insert": 0,
    "date_time_input_format": "best_effort",
    # Other tables are written at the same time: one thread for each costs less than two.
    "input_format_parallel_parsing": 0,
    # Except for ballots, a batch has one row per key already; merges and FINAL see to ballots.
    "optimize_on_insert": 0,
}


def insert_lines(clickhouse: Client, table: str, lines: bytes) -> None:
    """Insert records as they are, one JSON object a line.

    Args:
        clickhouse: A client that may write.
        table: One of `RECORD_TABLES`.
        lines: The records.
    """
    clickhouse.raw_insert(table, insert_block=lines, fmt="JSONEachRow", settings=_LINES_SETTINGS)


def insert_rows(
    clickhouse: Client, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of Python values; none of an empty list.

    Args:
        clickhouse: A client that may write.
        table: Its name, without the database.
        columns: What a row holds; the other columns have their defaults.
        rows: The rows.
    """
    if rows:
        clickhouse.insert(table, rows, column_names=list(columns), database=_DATABASE)


def insert_columns(clickhouse: Client, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert whole columns, by name."""
    clickhouse.insert(
        table,
        list(columns.values()),
        column_names=list(columns),
        database=_DATABASE,
        column_oriented=True,
    )


def insert_selected(
    clickhouse: Client, table: str, select: str, parameters: dict[str, Any] | None = None
) -> None:
    """Insert what a SELECT answers, which has all columns of the table in their order."""
    clickhouse.command(f"INSERT INTO {_DATABASE}.{table} {select}", parameters=parameters)


class Inserter:
    """Inserts rows into the same tables again and again; asks for their columns' types once."""

    def __init__(self, clickhouse: Client) -> None:
        self._clickhouse = clickhouse
        self._contexts: dict[str, Any] = {}

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """As `insert_rows`; a table always with the same columns."""
        if not rows:
            return
        if table not in self._contexts:
            self._contexts[table] = self._clickhouse.create_insert_context(
                table, list(columns), database=_DATABASE
            )
        self._clickhouse.insert(data=rows, context=self._contexts[table])
