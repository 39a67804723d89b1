"""Closings of consultations as views show them, and the results that are kept of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from infra.clickhouse.tables import insert_rows
from schemas.closings import ClosingEntry

_ENTRY: Final = (
    "position", "consultation_id", "since", "state", "grace_seconds", "result", "decided_by", "why",
)  # fmt: skip
_TIMES: Final = ("consultation_id", "closes_ms", "updated_ms")
_HEAD: Final = ("consultation_id", "result", "closed_at", "kept_at", "copy")
_SHARED: Final = """
    {rank} AS rank, {rank_consensus} AS rank_consensus, text, votes, agree, disagree, neutral,
    agree_rate, agree_low, agree_high, {consensus} AS consensus, {consensus_low} AS consensus_low,
    {consensus_high} AS consensus_high, zone_confident, votes_all, agree_all, disagree_all,
    neutral_all, method, as_of
"""


def shown_entries(clickhouse: Client) -> int:
    """How many entries of the file of closings are in ClickHouse."""
    return int(scalar(clickhouse, "SELECT max(position) FROM tutti.closings"))


def show_entries(clickhouse: Client, entries: Sequence[ClosingEntry], after: int) -> None:
    """Write the entries behind the first so many."""
    rows = [
        [
            position, entry.consultation, entry.since, entry.state, entry.grace_seconds,
            entry.result, entry.by, entry.why,
        ]
        for position, entry in enumerate(entries, start=1)
        if position > after
    ]  # fmt: skip
    insert_rows(clickhouse, "closings", _ENTRY, rows)


def shown_times(clickhouse: Client) -> dict[str, int | None]:
    """When consultations close, as views show it; ms since 1970, None: nothing ends them."""
    found = clickhouse.query("SELECT consultation_id, closes_ms FROM tutti.closing_times FINAL")
    return {str(name): closes_ms for name, closes_ms in found.result_rows}


def show_times(clickhouse: Client, times: dict[str, int | None], tick_ms: int) -> None:
    """Let views show these from now on."""
    rows = [[name, closes_ms, tick_ms] for name, closes_ms in times.items()]
    insert_rows(clickhouse, "closing_times", _TIMES, rows)


def kept_results(clickhouse: Client) -> set[tuple[str, str]]:
    """Consultation and name of each result."""
    found = clickhouse.query("SELECT DISTINCT consultation_id, result FROM tutti.results")
    return {(consultation, name) for consultation, name in found.result_rows}


def keep_result(
    clickhouse: Client, consultation_id: str, result: str, closed_at: datetime, kept_at: datetime
) -> None:
    """Copy the leaderboard of now; killed before its end, the copy counts for nothing.

    Args:
        clickhouse: A client that may write.
        consultation_id: Whose.
        result: Its name.
        closed_at: The closing.
        kept_at: Now.
    """
    copy = 1 + int(scalar(clickhouse, "SELECT max(copy) FROM tutti.result_rows"))
    parameters: dict[str, Any] = {"copy": copy, "consultation": consultation_id}
    for view, country, ranked in (
        ("leaderboard", "''", {name: name for name in _OVERALL}),
        ("leaderboard_by_country", "country", dict.fromkeys(_OVERALL, "NULL")),
    ):
        clickhouse.command(
            "INSERT INTO tutti.result_rows SELECT {copy:UInt64}, consultation_id, proposal_id,"
            f" {country}, {_SHARED.format(rank='rank', **ranked)} FROM marts.{view}"
            " WHERE consultation_id = {consultation:String}",
            parameters=parameters,
        )
    # The result exists with its header: before it, rows count for nothing.
    insert_rows(clickhouse, "results", _HEAD, [[consultation_id, result, closed_at, kept_at, copy]])


_OVERALL: Final = ("rank_consensus", "consensus", "consensus_low", "consensus_high")
"""Columns of the whole leaderboard that the one by country has not."""
