"""``tutti signals``: what looks arranged in a consultation, and what it changes."""

from typing import Annotated, Any, Final

import typer
from clickhouse_connect.driver.client import Client
from rich.table import Table

from infra.clickhouse.client import UNAVAILABLE, ClickHouseUnavailableError, connect
from infra.clickhouse.tallies import has_votes
from infra.config.settings import Settings
from operators.core.errors import UnknownConsultationError
from pipelines.cli.output import AsJson, console, print_json, table

_HEADER: Final = (
    "signal", "proposal", "people", "ballots", "evidence", "agree before → during",
    "first seen", "active", "rank → without",
)  # fmt: skip


def signals(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    as_json: AsJson = False,
) -> None:
    """Show signals of manipulation with their evidence; nothing is applied to the leaderboard."""
    try:
        rows = read_signals(connect(Settings()), consultation)
    except UNAVAILABLE:
        raise ClickHouseUnavailableError from None
    if as_json:
        print_json(rows)
    else:
        console.print(draw_signals(consultation, rows))


def read_signals(clickhouse: Client, consultation: str) -> list[dict[str, Any]]:
    """The rows of `marts.signals`, active ones first.

    Raises:
        UnknownConsultationError: There is no such consultation.
    """
    named = {"consultation": consultation}
    found = clickhouse.query(
        "SELECT * FROM marts.signals WHERE consultation_id = {consultation:String}"
        " ORDER BY active DESC, last_seen DESC, signal_id",
        parameters=named,
    )
    rows = list(found.named_results())
    if not rows and not _known(clickhouse, named):
        raise UnknownConsultationError(consultation)
    return rows


def _known(clickhouse: Client, named: dict[str, str]) -> bool:
    """Votes may come before the consultation is announced."""
    announced = clickhouse.query(
        "SELECT 1 FROM marts.consultations WHERE consultation_id = {consultation:String} LIMIT 1",
        parameters=named,
    ).result_rows
    return bool(announced) or has_votes(clickhouse, named["consultation"])


def draw_signals(consultation: str, rows: list[dict[str, Any]]) -> Table:
    """Signals as a table."""
    drawn = table(f"signals of manipulation  ({consultation})", _HEADER, map(_cells, rows))
    drawn.caption = (
        "nothing is applied: the leaderboard counts every ballot" if rows else "none so far"
    )
    drawn.caption_justify = "left"
    return drawn


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    if row["kind"] == "burst":
        evidence = f"{row['observed']} where {row['expected']:.1f} are usual"
        rates = f"{_rate(row['agree_rate_before'])} → {_rate(row['agree_rate_during'])}"
        ranks = f"{_rank(row['rank'])} → {_rank(row['rank_without'])}"
    else:
        evidence = (
            f"equal on {row['common_proposals']} proposals,"
            f" {row['expected_groups']:.1g} such groups by chance"
        )
        rates = ""
        shift = row["largest_rank_shift"]
        ranks = "no rank differs" if not shift else f"by up to {shift} places"
    return (
        row["kind"],
        row["proposal_id"] or f"{row['proposals']} proposals",
        row["participants"],
        row["ballots"],
        evidence,
        rates,
        f"{row['first_seen']:%Y-%m-%d %H:%M}",
        "yes" if row["active"] else "no",
        ranks,
    )


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"


def _rank(rank: int | None) -> str:
    return "–" if rank is None else str(rank)
