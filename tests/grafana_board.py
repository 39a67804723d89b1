"""Two consultations for the panels of Grafana, one of which has an id that does its worst."""

from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_tallies, insert_votes
from grafana_plugin import FROM_S
from whole_consultation import insert_whole

from infra.grafana.build import DASHBOARDS
from infra.grafana.queries import ClickHouseQuery

CHOSEN = "it's \\' OR 1=1 --%27 ü"
"""Closes quotes in each of the ways in which something could be escaped badly."""
OTHER = "other"
COUNTRIES = ["FR", "LU", "MT"]
MINUTE = FROM_S // 60 + 10
REASONS = ("unknown_choice", "unknown_choice", "not_json")


def queries() -> dict[str, ClickHouseQuery]:
    """Every ClickHouse query on a dashboard, by dashboard and panel."""
    return {
        f"{board.uid}: {panel.title}": query
        for board in DASHBOARDS
        for panel in board.panels
        for query in panel.queries
        if isinstance(query, ClickHouseQuery)
    }


def insert_board(client: Client) -> None:
    """Rows for every panel; `show_epoch` comes before it."""
    texts = {f"p{n}": f"Proposal {n}" for n in range(8)}
    for number, consultation in enumerate((CHOSEN, OTHER)):
        insert_whole(client, consultation, f"Title of {consultation}", texts, number=number)
        _windows(client, consultation)
        insert_votes(client, _trolls(consultation), first_offset=50_000 * (number + 1))
    insert_tallies(client, [{"consultation_id": CHOSEN, "proposal_id": "never-sent", "agree": 3}])
    _progress(client)


def _windows(client: Client, consultation: str) -> None:
    """Thirty minutes: in each, FR agrees twice and LU disagrees once; MT agrees in the first."""
    rows = [
        [1, consultation, "p0", country, "trusted", MINUTE + minute, agree, disagree, 1]
        for minute in range(30)
        for country, agree, disagree in (("FR", 2, 0), ("LU", 0, 1), ("MT", 1, 0))
        if country != "MT" or minute == 0
    ]
    client.insert(
        "windows",
        rows,
        column_names=[
            "epoch", "consultation_id", "proposal_id", "country", "trust", "minute", "agree",
            "disagree", "version",
        ],
        database="tutti",
    )  # fmt: skip


def _trolls(consultation: str) -> list[dict[str, Any]]:
    return [
        {"consultation_id": consultation, "proposal_id": "p1", "participant": 100 + person,
         "trust": "troll", "country": "LU", "cast_ms": (FROM_S + 3_660) * 1000}
        for person in range(4)
    ]  # fmt: skip


def _progress(client: Client) -> None:
    """Rejected messages, positions of the stages, a proposal that repeats another one."""
    client.insert(
        "dead_letters",
        [
            ["tutti.votes.v1", 0, offset, (FROM_S + 60 * offset) * 1000, reason, "choice", "agree",
             99]
            for offset, reason in enumerate(REASONS)
        ],
        column_names=[
            "topic", "partition", "offset", "received_at", "reason", "field", "detail", "bytes"
        ],
        database="tutti",
    )  # fmt: skip
    at_ms = FROM_S * 1000
    client.insert(
        "positions",
        [
            ["log", "tutti.votes.v1", 0, 110, 0, 0, at_ms],
            ["intake", "tutti.votes.v1", 0, 100, 0, at_ms, at_ms],
        ],
        column_names=[
            "stage", "topic", "partition", "next_offset", "offset_gaps", "newest_ms", "written_at",
        ],
        database="tutti",
    )  # fmt: skip
    client.insert(
        "progress",
        [[1, 0, 99, at_ms, 1]],
        column_names=["epoch", "partition", "offset", "origin_ms", "version"],
        database="tutti",
    )
    client.insert(
        "assignments",
        [[1, CHOSEN, at_ms, 10_000, "p7", "c1", 0.5, "toy/1", "en", "p0", "near", 0.9]],
        column_names=[
            "epoch", "consultation_id", "at_ms", "version", "proposal_id", "cluster_id",
            "similarity", "model", "language", "duplicate_of", "duplicate_kind",
            "duplicate_similarity",
        ],
        database="tutti",
    )  # fmt: skip
