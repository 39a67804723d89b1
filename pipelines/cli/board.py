"""The leaderboard: read from `marts.leaderboard` and `…_by_country`, drawn for people."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from clickhouse_connect.driver.client import Client
from rich.table import Table
from rich.text import Text

from operators.core.errors import TerminalError, UnknownConsultationError
from pipelines.cli.board_warnings import read_warnings

By = Literal["agreement", "consensus", "top_score", "controversy", "rejection", "divisiveness"]

COLUMNS: Final = (
    "rank", "proposal_id", "text", "votes", "agree", "disagree", "neutral",
    "agree_rate", "agree_low", "agree_high", "votes_all", "method",
)  # fmt: skip
ACROSS: Final = (
    "rank_consensus", "consensus", "consensus_low", "consensus_high", "coverage",
    "weakest_country", "weakest_country_rate", "weakest_country_low", "weakest_country_high",
    "weakest_country_votes", "countries",
)  # fmt: skip
"""Columns that compare countries: a board of one country has none of them."""

_RANKED: Final[dict[By, str]] = {
    "agreement": "the lower bound of Wilson's 95 % interval of agree",
    "consensus": "the lower bound of the 95 % interval of consensus",
}


@dataclass(frozen=True, slots=True)
class Board:
    """The first rows of a consultation's leaderboard, as of one moment."""

    consultation_id: str
    title: str
    country: str | None
    by: By
    as_of: datetime | None
    rows: list[dict[str, Any]]
    shown_at: datetime | None = None
    warnings: list[str] = field(default_factory=list)


def read_board(
    clickhouse: Client,
    consultation: str,
    limit: int,
    *,
    by: By = "agreement",
    country: str | None = None,
    everything: bool = False,
    at: datetime | None = None,
) -> Board:
    """Read a board.

    Args:
        clickhouse: Operators' or analysts' address.
        consultation: Its id.
        limit: Rows.
        by: What orders it; proposals without a rank come last.
        country: Only the ballots of this country.
        everything: Every column of the view, not only those that are drawn.
        at: As it was at the end of the last whole minute not after then; None: now.

    Raises:
        UnknownConsultationError: There is no such consultation, or no such order within a country.
    """
    if country and by == "consensus":
        raise TerminalError(
            "Consensus is across countries: leave --country out, or --by consensus."
        )
    view = "marts.leaderboard_by_country" if country else "marts.leaderboard"
    view += "_at(at = {at:DateTime64(3, 'UTC')})" if at else ""
    columns = [*COLUMNS, *(() if country else ACROSS), *_score(by)]
    rank = "rank_consensus" if by == "consensus" else "rank"
    order = rank if by in _RANKED else f"{by} DESC"
    known: dict[str, Any] = {
        "consultation": consultation, "limit": limit, "country": country or "",
    } | ({"at": at} if at else {})  # fmt: skip
    titles = clickhouse.query(
        "SELECT title FROM marts.consultations WHERE consultation_id = {consultation:String}",
        parameters=known,
    ).result_rows
    found = clickhouse.query(
        f"SELECT {'*' if everything else ', '.join([*columns, 'as_of'])} FROM {view}"
        " WHERE consultation_id = {consultation:String}"
        + (" AND country = {country:String}" if country else "")
        + f" ORDER BY {rank} IS NULL, {order}, votes DESC, proposal_id LIMIT {{limit:UInt32}}",
        parameters=known,
    )
    warnings = [] if at else read_warnings(clickhouse, consultation)
    if not titles and not found.result_rows and not warnings:
        raise UnknownConsultationError(consultation)
    rows = list(found.named_results())
    as_of = rows[0]["as_of"] if rows else None
    for row in rows:
        row.pop("as_of")
    title = titles[0][0] if titles else consultation
    shown_at = at and at.replace(second=0, microsecond=0)
    return Board(consultation, title, country, by, as_of, rows, shown_at, warnings)


def draw_board(board: Board) -> Table:
    """The board as a table: 120 columns are enough, more are for the proposals' texts.

    The bar shows who agrees (█), disagrees (▒) and is neutral (·); intervals are of 95 %.
    """
    shown = f"{board.consultation_id}, {board.country}" if board.country else board.consultation_id
    ranked = "rank_consensus" if board.by == "consensus" else "rank"
    drawn = Table(
        title=f"{board.title}  ({shown})"
        + (f"  at {board.shown_at:%Y-%m-%d %H:%M} UTC" if board.shown_at else ""),
        caption=_caption(board),
        title_justify="left",
        caption_justify="left",
        header_style="bold",
        expand=True,
    )
    drawn.add_column("#", justify="right", no_wrap=True)
    drawn.add_column("proposal", no_wrap=True, overflow="ellipsis", ratio=1)
    drawn.add_column("votes", justify="right", no_wrap=True)
    drawn.add_column("agree, 95 % interval", no_wrap=True)
    if not board.country:
        drawn.add_column("consensus", no_wrap=True)
        drawn.add_column("coverage", justify="right", no_wrap=True)
        drawn.add_column("weakest", no_wrap=True)
    for name in _score(board.by)[:1]:
        drawn.add_column(name, justify="right", no_wrap=True)
    for place, row in enumerate(board.rows, start=1):
        across: tuple[Text | str, ...] = ()
        if not board.country:
            across = (_consensus(row), f"{row['coverage']:.0%}", _weakest(row))
        drawn.add_row(
            "–" if row[ranked] is None else str(place),
            # Written by the public: no markup, one line.
            Text(" ".join(row["text"].split())),
            f"{row['votes']:,}",
            _agreement(row),
            *across,
            *(_scored(row, name) for name in _score(board.by)[:1]),
        )
    return drawn


def _caption(board: Board) -> Text:
    """Of which moment the board is, and below it what senders should mend."""
    if board.as_of:
        ranked = _RANKED.get(board.by, board.by)
        told = f"as of {board.as_of:%Y-%m-%d %H:%M:%S} UTC · ranked by {ranked}"
    else:
        told = "no votes yet" if board.rows else "no proposals yet"
    return Text("\n").join(
        [Text(told), *(Text(f"warning: {line}", style="yellow") for line in board.warnings)]
        + ([Text("what to do about it: marts.warnings")] if board.warnings else [])
    )


def _score(by: By) -> tuple[str, ...]:
    """The columns of the score that orders the board, if it is not always there."""
    if by in _RANKED:
        return ()
    return (by,) if by == "divisiveness" else (by, f"{by}_low", f"{by}_high")


def _agreement(row: dict[str, Any], width: int = 10) -> Text:
    votes = row["votes"]
    if not votes:
        return Text("")
    agree = round(row["agree"] / votes * width)
    disagree = min(width - agree, round(row["disagree"] / votes * width))
    return Text.assemble(
        ("█" * agree, "green"),
        ("▒" * disagree, "red"),
        ("·" * (width - agree - disagree), "dim"),
        f" {row['agree_rate']:6.1%} ",
        (_interval(row["agree_low"], row["agree_high"]), "dim"),
    )


def _consensus(row: dict[str, Any]) -> Text:
    if row["consensus"] is None:
        return Text("")
    bounds = _interval(row["consensus_low"], row["consensus_high"])
    return Text.assemble(f"{row['consensus']:6.1%} ", (bounds, "dim"))


def _weakest(row: dict[str, Any]) -> str:
    if row["weakest_country"] is None:
        return ""
    return f"{row['weakest_country']} {row['weakest_country_rate']:.1%}"


def _interval(low: float, high: float) -> str:
    return f"{100 * low:.1f}–{100 * high:.1f}"


def _scored(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    if f"{name}_high" not in row:
        return f"{row[name]:.2f}"
    return f"{row[name]:.2f} ± {row[f'{name}_high'] - row[name]:.2f}"
