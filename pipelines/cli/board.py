"""The leaderboard: read from `marts.leaderboard`, drawn for people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client
from rich.table import Table
from rich.text import Text

from operators.core.errors import TerminalError

COLUMNS = (
    "rank", "proposal_id", "text", "votes", "agree_rate", "agree_low", "agree_high",
    "disagree", "neutral", "countries", "votes_all", "method",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Board:
    """The first rows of a consultation's leaderboard, as of one moment."""

    consultation_id: str
    title: str
    as_of: datetime | None
    rows: list[dict[str, Any]]


def read_board(clickhouse: Client, consultation: str, limit: int) -> Board:
    """Read a board.

    Raises:
        TerminalError: There is no such consultation.
    """
    known = {"consultation": consultation, "limit": limit}
    titles = clickhouse.query(
        "SELECT title FROM marts.consultations WHERE consultation_id = {consultation:String}",
        parameters=known,
    ).result_rows
    found = clickhouse.query(
        f"SELECT {', '.join(COLUMNS)}, as_of FROM marts.leaderboard"
        " WHERE consultation_id = {consultation:String}"
        " ORDER BY rank IS NULL, rank, votes DESC, proposal_id LIMIT {limit:UInt32}",
        parameters=known,
    )
    if not titles and not found.result_rows:
        raise TerminalError(
            f"There is no consultation {consultation}: tutti query"
            " 'SELECT consultation_id, title FROM marts.consultations' lists them."
        )
    rows = [dict(zip(found.column_names, row, strict=True)) for row in found.result_rows]
    as_of = rows[0].pop("as_of") if rows else None
    for row in rows[1:]:
        row.pop("as_of")
    return Board(consultation, titles[0][0] if titles else consultation, as_of, rows)


def draw_board(board: Board, text_width: int | None = None) -> Table:
    """The board as a table; a bar shows the rate, brackets its 95 % interval."""
    drawn = Table(
        title=f"{board.title}  ({board.consultation_id})",
        caption=f"as of {board.as_of:%Y-%m-%d %H:%M:%S} UTC · ranked by the lower bound of Wilson's"
        " 95 % interval"
        if board.as_of
        else "no votes yet",
        title_justify="left",
        caption_justify="left",
        header_style="bold",
        expand=text_width is None,
    )
    drawn.add_column("#", justify="right", no_wrap=True)
    drawn.add_column("proposal", no_wrap=True, overflow="ellipsis", ratio=1, max_width=text_width)
    drawn.add_column("votes", justify="right", no_wrap=True)
    drawn.add_column("agree", justify="left", no_wrap=True)
    drawn.add_column("95 % interval", justify="right", no_wrap=True)
    drawn.add_column("disagree", justify="right", no_wrap=True)
    drawn.add_column("neutral", justify="right", no_wrap=True)
    drawn.add_column("countries", justify="right", no_wrap=True)
    for row in board.rows:
        votes = row["votes"]
        drawn.add_row(
            "–" if row["rank"] is None else str(row["rank"]),
            # Written by the public: no markup, one line.
            Text(" ".join(row["text"].split())),
            f"{votes:,}",
            _bar(row["agree_rate"]),
            f"{row['agree_low']:.1%} – {row['agree_high']:.1%}",
            _share(row["disagree"], votes),
            _share(row["neutral"], votes),
            str(row["countries"]),
        )
    return drawn


def _bar(rate: float | None, width: int = 12) -> Text:
    if rate is None:
        return Text("")
    filled = round(rate * width)
    return Text.assemble(("█" * filled, "green"), ("░" * (width - filled), "dim"), f" {rate:6.1%}")


def _share(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else ""
