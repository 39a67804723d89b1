"""Rows for tests of views, without Kafka and Flink."""

from datetime import UTC, datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from operators.core.votes.tally import COUNTERS

NOON: Final = int(datetime(2026, 6, 20, 12, tzinfo=UTC).timestamp()) // 60
"""A minute, since 1970, after the epoch of `show_epoch` was shown."""


def moment(minute: float) -> str:
    """A moment as the views ..._at take it; of minutes since 1970."""
    at = datetime.fromtimestamp(minute * 60, UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def insert_tallies(
    clickhouse: Client, rows: list[dict[str, Any]], *, epoch: int = 1, version: int = 1
) -> None:
    """Insert cells; counters that a row does not name are 0, country FR, trust trusted."""
    columns = ["consultation_id", "proposal_id", "country", "trust", *COUNTERS]
    blank = dict.fromkeys(COUNTERS, 0) | {"country": "FR", "trust": "trusted"}
    clickhouse.insert(
        "tallies",
        [[epoch, version, *((blank | row)[column] for column in columns)] for row in rows],
        column_names=["epoch", "version", *columns],
        database="tutti",
    )


def show_epoch(clickhouse: Client, epoch: int = 1) -> None:
    """Let the views show the rows of this epoch."""
    clickhouse.insert(
        "epochs", [[epoch, 1_780_000_000_000]], column_names=["epoch", "active_since"],
        database="tutti",
    )  # fmt: skip


def insert_proposals(
    clickhouse: Client,
    consultation: str,
    proposals: list[str],
    *,
    status: str = "accepted",
    meta: bool = False,
) -> None:
    """Insert proposals whose text is their id."""
    clickhouse.insert(
        "proposals",
        [
            [
                *(consultation, proposal, proposal, "en", "", "", status, meta),
                *(1_780_000_000_000, 0, n, 0),
            ]
            for n, proposal in enumerate(proposals)
        ],
        column_names=[
            "consultation_id", "proposal_id", "text", "language", "country", "author", "status",
            "meta", "submitted_ms", "origin_partition", "origin_offset", "origin_ms",
        ],
        database="tutti",
    )  # fmt: skip


def insert_consultation(
    clickhouse: Client,
    consultation: str,
    weights: dict[str, float] | None = None,
    *,
    rank_min_votes: int = 30,
    offset: int = 0,
) -> None:
    """Insert a consultation with the countries that take part and their weights."""
    weights = weights or {}
    clickhouse.insert(
        "consultations",
        [[
            consultation, consultation, list(weights), list(weights.values()), 60, rank_min_votes,
            0, offset, 0,
        ]],
        column_names=[
            "consultation_id", "title", "countries", "weights", "window_seconds",
            "rank_min_votes", "origin_partition", "origin_offset", "origin_ms",
        ],
        database="tutti",
    )  # fmt: skip


def insert_votes(clickhouse: Client, votes: list[dict[str, Any]], *, first_offset: int = 0) -> None:
    """Insert accepted votes as the sink does; what a vote does not name has a default.

    A participant is a number; later votes in the list have the later origin.
    """
    blank = {
        "country": "FR", "choice": "agree", "trust": "trusted", "qualifications": 0, "source": "",
        "cast_ms": 1_780_000_000_000, "origin_partition": 0, "origin_ms": 1_780_000_000_000,
    }  # fmt: skip
    columns = ["consultation_id", "proposal_id", "participant", *blank, "origin_offset"]
    rows = [
        blank | vote | {"participant": f"{vote['participant']:032x}", "origin_offset": offset}
        for offset, vote in enumerate(votes, first_offset)
    ]
    clickhouse.insert(
        "accepted_votes",
        [[row[column] for column in columns] for row in rows],
        column_names=columns,
        database="tutti",
    )


def insert_history(clickhouse: Client, rows: list[dict[str, Any]]) -> None:
    """Insert rows of history: minute and version are needed, the rest as in `insert_tallies`."""
    columns = [
        "epoch", "consultation_id", "proposal_id", "country", "trust", *COUNTERS, "minute",
        "version", "is_deleted",
    ]  # fmt: skip
    blank = dict.fromkeys(COUNTERS, 0) | {
        "epoch": 1, "country": "FR", "trust": "trusted", "is_deleted": 0,
    }  # fmt: skip
    clickhouse.insert(
        "tallies_history",
        [[(blank | row)[column] for column in columns] for row in rows],
        column_names=columns,
        database="tutti",
    )
