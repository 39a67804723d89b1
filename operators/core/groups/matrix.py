"""The opinion matrix: participants x proposals, kept as ballots only, never as a dense table."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

AGREE: Final = 1
NEUTRAL: Final = 0
DISAGREE: Final = -1

_BLOCK_ROWS: Final = 2048
"""Rows that are made dense at a time for products: 2048 x 783 numbers are 13 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Current ballots of one consultation, ordered by participant, then proposal.

    Attributes:
        participants: Their pseudonyms, ascending, ``S16``; n of them.
        proposals: Their ids, ascending; m of them.
        left_out: Which proposals groups are made without, because moderation has refused them or
            because they are about the consultation itself, shape (m,).
        starts: Participant i has the ballots ``starts[i]:starts[i + 1]``, shape (n + 1,).
        columns: The proposal of each ballot, as its place in `proposals`, shape (ballots,).
        votes: AGREE, NEUTRAL or DISAGREE, shape (ballots,).
    """

    participants: NDArray[np.bytes_]
    proposals: tuple[str, ...]
    left_out: NDArray[np.bool_]
    starts: NDArray[np.int64]
    columns: NDArray[np.intp]
    votes: NDArray[np.int8]

    @classmethod
    def of(
        cls,
        participants: NDArray[np.bytes_],
        proposals: tuple[str, ...],
        left_out: NDArray[np.bool_],
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
        votes: NDArray[np.int8],
    ) -> Self:
        """Opinions from ballots in any order, as (row, column, vote); rows index `participants`.

        People and proposals in any order give the same opinions.
        """
        by_name = np.argsort(participants)
        by_id = sorted(range(len(proposals)), key=proposals.__getitem__)
        row = _inverse(by_name)[rows]
        column = _inverse(np.array(by_id, np.intp))[columns]
        order = np.lexsort((column, row))
        starts = np.zeros(len(participants) + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=len(participants)), out=starts[1:])
        return cls(
            participants[by_name],
            tuple(proposals[i] for i in by_id),
            left_out[by_id],
            starts,
            column[order],
            votes[order],
        )

    @property
    def ballots(self) -> NDArray[np.int64]:
        """Ballots of each participant, shape (n,)."""
        return np.diff(self.starts)

    @property
    def rows(self) -> NDArray[np.intp]:
        """The participant of each ballot, as a place in `participants`, shape (ballots,)."""
        return np.repeat(np.arange(len(self.participants)), self.ballots)

    def centred(self, votes: NDArray[np.int8] | None = None) -> NDArray[np.float64]:
        """Each ballot less its proposal's mean; 0 where the proposal is left out.

        A missing ballot counts as the mean: less the mean it is 0, so it need not be kept.
        """
        votes = self.votes if votes is None else votes
        m = len(self.proposals)
        count = np.bincount(self.columns, minlength=m)
        total = np.bincount(self.columns, weights=votes, minlength=m)
        mean = np.divide(total, count, out=np.zeros(m), where=count > 0)
        return np.where(self.left_out[self.columns], 0.0, votes - mean[self.columns])


def gram(opinions: Opinions, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The products of columns, shape (m, m), of the matrix with `values` where there are ballots.

    Rows are made dense a block at a time: memory for a block and the result, whatever n is.
    """
    n, m = len(opinions.participants), len(opinions.proposals)
    result = np.zeros((m, m))
    starts, lengths = opinions.starts, opinions.ballots
    for first in range(0, n, _BLOCK_ROWS):
        last = min(first + _BLOCK_ROWS, n)
        here = slice(starts[first], starts[last])
        block = np.zeros((last - first, m))
        block[np.repeat(np.arange(last - first), lengths[first:last]), opinions.columns[here]] = (
            values[here]
        )
        result += block.T @ block
    return result


def _inverse(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """The inverse of a permutation."""
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places
