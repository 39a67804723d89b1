"""``tutti signals``: what looks arranged in a consultation, and what it changes."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operators.core.wording import number_of
from pipelines.cli.consultations import must_be_known
from pipelines.cli.installation import clickhouse
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from pipelines.cli.screen import Cell, Sheet

READ_SQL: Final = """
SELECT signals.*, ifNull(proposals.text, '') AS text
FROM marts.signals AS signals
LEFT JOIN (
    SELECT proposal_id, text FROM marts.proposals WHERE consultation_id = {consultation:String}
) AS proposals ON proposals.proposal_id = signals.proposal_id
WHERE signals.consultation_id = {consultation:String}
ORDER BY signals.active DESC, signals.last_seen DESC, signals.signal_id
"""


def signals(
    consultation: Annotated[str, typer.Argument(help="Its consultation_id.")],
    as_json: AsJson = False,
) -> None:
    """Show signals of manipulation with evidence; nothing is applied to the leaderboard.

    Beside each stands the ranking without the flagged ballots.
    """
    rows = read_signals(clickhouse(), consultation)
    if as_json:
        print_json(rows)
    else:
        console.print(draw_signals(consultation, rows))


def read_signals(clickhouse: "Client", consultation: str) -> list[dict[str, Any]]:
    """The rows of `marts.signals`, active ones first, each with its proposal's text.

    Raises:
        UnknownConsultationError: There is no such consultation.
    """
    found = clickhouse.query(READ_SQL, parameters={"consultation": consultation})
    rows = list(found.named_results())
    if not rows:
        must_be_known(clickhouse, consultation)
    return rows


def draw_signals(consultation: str, rows: list[dict[str, Any]]) -> "Sheet":
    """Signals as a sheet."""
    from pipelines.cli.screen import Column, Sheet

    columns = [
        Column("signal"),
        Column("proposal", subject=True),
        Column("id", 5),
        Column("people", 2, right=True),
        Column("ballots", 8, right=True),
        Column("rank → without", 1),
        Column("active", 3),
        Column("first seen", 6),
        Column("agree before → during", 7),
        Column("evidence", 4),
    ]
    caption = "nothing is applied: the leaderboard counts every ballot" if rows else "none so far"
    return Sheet(f"signals of manipulation  ({consultation})", columns, map(_cells, rows), caption)


def _cells(row: dict[str, Any]) -> list["Cell"]:
    if row["kind"] == "burst":
        subject = row["text"] or row["proposal_id"]
        evidence = f"{row['observed']} where {row['expected']:.1f} are usual"
        rates = f"{_rate(row['agree_rate_before'])} → {_rate(row['agree_rate_during'])}"
        ranks = f"{_rank(row['rank'])} → {_rank(row['rank_without'])}"
    else:
        subject = f"people who vote alike, on {number_of(row['proposals'], 'proposal')}"
        chance = f"{row['expected_groups']:.1g} such groups by chance"
        evidence = f"equal on {number_of(row['common_proposals'], 'proposal')}, {chance}"
        rates = ""
        shift = row["largest_rank_shift"]
        ranks = f"by up to {number_of(shift, 'place')}" if shift else "no rank differs"
    return [
        row["kind"],
        subject,
        row["proposal_id"] or "",
        f"{row['participants']:,}",
        f"{row['ballots']:,}",
        ranks,
        "yes" if row["active"] else "no",
        f"{row['first_seen']:%Y-%m-%d %H:%M}",
        rates,
        evidence,
    ]


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"


def _rank(rank: int | None) -> str:
    return "–" if rank is None else str(rank)
