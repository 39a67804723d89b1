"""Which rows of a board are shown, and in which order."""

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, get_args

from infra.clickhouse.open_boards import PublicProposal
from pipelines.live.boards import PublicBoard

Sort = Literal["agreement", "consensus", "controversy", "countries", "votes", "newest"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
MAX_ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """What a viewer has asked for.

    Attributes:
        sort: What orders the rows: lower bounds of agreement and of consensus across countries,
            how evenly ballots divide, how far the weakest country is below agreement, ballots, or
            when a proposal had its first published ballots.
        q: Words that their texts have; upper and lower case, and accents, are alike.
        cluster: Only proposals of this cluster; empty: all.
        limit: Rows.
        offset: Rows before them.
    """

    sort: Sort = "agreement"
    q: str = ""
    cluster: str = ""
    limit: int = 25
    offset: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What answers are kept by."""
        return (self.sort, self.q, self.cluster, str(self.limit), str(self.offset))


def select(board: PublicBoard, selection: Selection) -> tuple[list[PublicProposal], int]:
    """The rows, and how many there are without limit."""
    rows = board.proposals
    if selection.cluster:
        inside = {id_ for id_, cluster in board.cluster_of.items() if cluster == selection.cluster}
        rows = [row for row in rows if row.proposal_id in inside]
    words = fold(selection.q).split()
    if words:
        rows = [row for row in rows if _holds(fold(row.text), words)]
    if selection.sort != "agreement":  # they come in the order of agreement
        rows = sorted(rows, key=lambda row: _order(row, selection.sort))
    return rows[selection.offset : selection.offset + selection.limit], len(rows)


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _order(row: PublicProposal, sort: Sort) -> tuple[bool, float, int, str]:
    """Greatest first; what has too few votes for a rank comes last."""
    value = {
        "consensus": row.consensus_low if row.consensus is not None else None,
        "controversy": row.divisiveness,
        "countries": gap(row),
        "votes": float(row.votes),
        "newest": row.published_at and row.published_at.timestamp(),
    }.get(sort)
    unranked = value is None or (row.rank is None and sort not in {"votes", "newest"})
    return unranked, -(value or 0.0), -row.votes, row.proposal_id


def gap(row: PublicProposal) -> float | None:
    """How far agreement in the weakest country is below that of all; None if none has enough."""
    if row.agree_rate is None or row.weakest_country_rate is None:
        return None
    return row.agree_rate - row.weakest_country_rate


def fold(text: str) -> str:
    """Without case and accents, so that a search finds what people mean.

    >>> fold("Éxito ÜBER")
    'exito uber'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each))
