"""Which rows of a board are shown, and in which order."""

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from infra.clickhouse.open_boards import PublicProposal
from pipelines.live.boards import PublicBoard

Sort = Literal["agreement", "consensus", "controversy", "votes"]
SORTS: Final[tuple[Sort, ...]] = ("agreement", "consensus", "controversy", "votes")
MAX_ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """What a viewer has asked for.

    Attributes:
        sort: What orders the rows.
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
        "votes": float(row.votes),
    }.get(sort)
    unranked = value is None or (row.rank is None and sort != "votes")
    return unranked, -(value or 0.0), -row.votes, row.proposal_id


def fold(text: str) -> str:
    """Without case and accents, so that a search finds what people mean.

    >>> fold("Éxito ÜBER")
    'exito uber'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each))
