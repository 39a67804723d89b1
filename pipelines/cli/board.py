"""The leaderboard: read from `marts.leaderboard` and `…_by_country`, drawn for people."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from operators.core.errors import TerminalError, UnknownConsultationError
from operators.core.wording import number_of
from pipelines.cli.board_warnings import read_warnings

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from rich.text import Text

    from pipelines.cli.activity import Activity
    from pipelines.cli.screen import Cell, Sheet

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

BAR: Final = 10
"""Columns of the screen that a bar takes."""

_RANKED: Final[dict[By, str]] = {
    "agreement": "the lower bound of Wilson's 95 % interval of agree",
    "consensus": "the lower bound of the 95 % interval of consensus",
}


@dataclass(frozen=True, slots=True)
class Board:
    """The first rows of a consultation's leaderboard, as of one moment.

    Attributes:
        proposals: On the whole board.
        ballots: On the whole board, of every trust level.
        activity: Who takes part; None where that was not asked.
        shown_at: The past minute that it shows; None: now.
        warnings: What senders should mend, a sentence for each kind.
    """

    consultation_id: str
    title: str
    country: str | None
    by: By
    as_of: datetime | None
    rows: list[dict[str, Any]]
    proposals: int = 0
    ballots: int = 0
    activity: "Activity | None" = None
    shown_at: datetime | None = None
    warnings: list[str] = field(default_factory=list)


def read_board(
    clickhouse: "Client",
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
        f"SELECT {'*' if everything else ', '.join([*columns, 'as_of'])},"
        f" count() OVER () AS _proposals, sum(votes_all) OVER () AS _ballots FROM {view}"
        " WHERE consultation_id = {consultation:String}"
        + (" AND country = {country:String}" if country else "")
        + f" ORDER BY {rank} IS NULL, {order}, votes DESC, proposal_id LIMIT {{limit:UInt32}}",
        parameters=known,
    )
    warnings = [] if at else read_warnings(clickhouse, consultation)
    if not titles and not found.result_rows and not warnings:
        raise UnknownConsultationError(consultation)
    rows = list(found.named_results())
    whole: dict[str, Any] = {"as_of": None, "_proposals": 0, "_ballots": 0}
    for row in rows:
        whole = {name: row.pop(name) for name in whole}
    return Board(
        consultation,
        titles[0][0] if titles else consultation,
        country,
        by,
        whole["as_of"],
        rows,
        whole["_proposals"] or 0,
        whole["_ballots"] or 0,
        shown_at=at and at.replace(second=0, microsecond=0),
        warnings=warnings,
    )


def draw_board(board: Board) -> "Sheet":
    """The board as a sheet: 80 columns are enough, more are for numbers of less importance.

    The bar shows who agrees (█), disagrees (▒) and is neutral (·); intervals are of 95 %.
    """
    from pipelines.cli.screen import Column, Sheet

    score = _score(board.by)[:1]
    columns = [
        Column("#", right=True),
        Column(""),
        Column("proposal", subject=True),
        Column("id", 2),
        Column("votes", 1, right=True),
        Column("all", 8, right=True),
        Column("", 5),
        Column("agree", right=True),
        Column("95 %", 3, right=True),
        *(
            ()
            if board.country
            else (
                Column("consensus", 4, right=True),
                Column("95 %", 6, right=True),
                Column("coverage", 9, right=True),
                Column("weakest", 7),
            )
        ),
        *(Column(name, 1, right=True) for name in score),
    ]
    rows = [_cells(board, place, row) for place, row in enumerate(board.rows, start=1)]
    return Sheet(_title(board), columns, rows, _caption(board))


def _cells(board: Board, place: int, row: dict[str, Any]) -> list["Cell"]:
    ranked = "rank_consensus" if board.by == "consensus" else "rank"
    flagged = board.activity is not None and row["proposal_id"] in board.activity.flagged
    across: list[Cell] = []
    if not board.country:
        known = row["consensus"] is not None
        across = [
            f"{row['consensus']:.1%}" if known else "",
            _interval(row["consensus_low"], row["consensus_high"]) if known else "",
            f"{row['coverage']:.0%}",
            _weakest(row),
        ]
    return [
        "–" if row[ranked] is None else str(place),
        "!" if flagged else "",
        row["text"],
        row["proposal_id"],
        f"{row['votes']:,}",
        f"{row['votes_all']:,}",
        _bar(row),
        f"{row['agree_rate']:.1%}" if row["votes"] else "",
        _interval(row["agree_low"], row["agree_high"]) if row["votes"] else "",
        *across,
        *(_scored(row, name) for name in _score(board.by)[:1]),
    ]


def _title(board: Board) -> str:
    shown = f"{board.consultation_id}, {board.country}" if board.country else board.consultation_id
    at = f"  at {board.shown_at:%Y-%m-%d %H:%M} UTC" if board.shown_at else ""
    return f"{board.title}  ({shown}){at}"


def _caption(board: Board) -> str:
    parts = [number_of(board.ballots, "ballot")]
    if board.activity is not None:
        parts += board.activity.phrases()
    parts.append(number_of(board.proposals, "proposal"))
    if board.as_of:
        parts.append(f"as of {board.as_of:%Y-%m-%d %H:%M:%S} UTC")
    lines = [" · ".join(parts), f"ranked by {_RANKED.get(board.by, board.by)}"]
    if board.activity is not None and board.activity.flagged:
        lines.append(f"! some ballots are flagged: tutti signals {board.consultation_id}")
    lines += [f"warning: {line}" for line in board.warnings]
    if board.warnings:
        lines.append("what to do about it: marts.warnings")
    return "\n".join(lines)


def _score(by: By) -> tuple[str, ...]:
    """The columns of the score that orders the board, if it is not always there."""
    if by in _RANKED:
        return ()
    return (by,) if by == "divisiveness" else (by, f"{by}_low", f"{by}_high")


def _bar(row: dict[str, Any]) -> "Text":
    from rich.text import Text

    votes = row["votes"]
    if not votes:
        return Text("")
    agree = round(row["agree"] / votes * BAR)
    disagree = min(BAR - agree, round(row["disagree"] / votes * BAR))
    return Text.assemble(
        ("█" * agree, "green"), ("▒" * disagree, "red"), ("·" * (BAR - agree - disagree), "dim")
    )


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
