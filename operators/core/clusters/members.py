"""The members of clusters: a table with a row for each proposal."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.item import Item
from operators.core.clusters.near_duplicates import Duplicate
from operators.core.clusters.words import distinct_words

ROOM: Final = 256


@dataclass(slots=True)
class Member:
    """One proposal.

    Attributes:
        proposal_id: Its id.
        text: As sent.
        language: BCP 47; empty: unknown.
        offset: Offset at which its text arrived.
        arrival: Number of the cluster it was put into then.
        similarity: Cosine with its cluster's centroid when it was put there.
        duplicate: The earlier proposal it repeats.
        words: What its text says, each word once.
    """

    proposal_id: str
    text: str
    language: str
    offset: int
    arrival: int
    similarity: float
    duplicate: Duplicate
    words: tuple[str, ...]


def arrived(item: Item, number: int, similarity: float) -> Member:
    """The member that an item becomes in the cluster of that number; what it repeats is open."""
    return Member(
        item.proposal_id, item.text, item.language, item.offset, number, similarity,
        Duplicate(), distinct_words(item.text, item.language),
    )  # fmt: skip


class MemberTable:
    """A table without gaps: the last row moves into the place of a row that is removed.

    Vectors are kept, because a proposal that leaves is subtracted and one that moves is compared:
    2 bytes a dimension, 768 bytes a proposal with 384 dimensions.
    """

    def __init__(self, vectors: NDArray[np.int16], micro: NDArray[np.int64]) -> None:
        self.rows: list[Member] = []
        self._row_of: dict[str, int] = {}
        self._vectors, self._micro = vectors, micro

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def vectors(self) -> NDArray[np.int16]:
        """Fixed point (members, dimension)."""
        return self._vectors[: len(self.rows)]

    @property
    def micro(self) -> NDArray[np.int64]:
        """Index of each member's micro-cluster (members,)."""
        return self._micro[: len(self.rows)]

    def row(self, proposal: str) -> int | None:
        """The row of a proposal; None: it is in no cluster."""
        return self._row_of.get(proposal)

    def get(self, proposal: str) -> Member | None:
        """The member of that proposal id; None: it is in no cluster."""
        row = self._row_of.get(proposal)
        return None if row is None else self.rows[row]

    def append(self, member: Member, vector: NDArray[np.int16], micro: int) -> None:
        """Append a row; from now on it is the proposal's row, even while an older one remains."""
        row = len(self.rows)
        if row == len(self._micro):
            room = max(ROOM, row // 2)
            blank = np.zeros((room, self._vectors.shape[1]), np.int16)
            self._vectors = np.vstack([self._vectors, blank])
            self._micro = np.concatenate([self._micro, np.zeros(room, np.int64)])
        self._vectors[row], self._micro[row] = vector, micro
        self.rows.append(member)
        self._row_of[member.proposal_id] = row

    def remove(self, row: int) -> None:
        """Remove a row; the last row moves into its place."""
        gone, last = self.rows[row], self.rows.pop()
        end = len(self.rows)
        if self._row_of[gone.proposal_id] == row:
            del self._row_of[gone.proposal_id]
        if row != end:
            self.rows[row] = last
            self._vectors[row], self._micro[row] = self._vectors[end], self._micro[end]
            self._row_of[last.proposal_id] = row

    def replace(self, micro: NDArray[np.int64]) -> None:
        """Set the micro-cluster of each member (members,)."""
        self._micro[: len(self.rows)] = micro

    def in_any(self, micro: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Rows of the members of the micro-clusters that are marked."""
        return np.nonzero(micro[self.micro])[0]
