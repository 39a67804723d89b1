"""Dimensions of disagreement: along how many lines do people differ more than by chance?

Parallel analysis (J. L. Horn, "A rationale and test for the number of factors in factor analysis",
Psychometrika 30, 1965): the share of a principal component is compared with the share of the
first one of the same ballots, dealt anew. Two things keep it from calling disagreement what is
none:

- Each ballot counts less its proposal's mean and its person's mean, so that those who agree with
  everything are no camp; and votes are dealt among people who agree about as readily, so that
  what is left of that readiness is in the dealt ballots, too.
- Each person's ballots have length 1 (N. Locantore and others, "Robust principal component
  analysis for functional data", Test 8, 1999), so that one person against all others is no
  dimension, and people who vote much do not decide alone.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.matrix import Opinions, gram
from operators.core.groups.projection import leading

MAX_DIMENSIONS: Final = 5
"""No more are counted: 5 means 5 or more."""

NEIGHBOURS: Final = 8
"""Votes are dealt anew among so many people who agree about as readily, at least."""

_TOLERANCE: Final = 1e-5
"""Residual of a component as a share of the greatest: its share is right to the square of it."""

Votes = NDArray[np.int8]


def component_shares(
    opinions: Opinions,
    members: NDArray[np.intp],
    votes: Votes | None = None,
    count: int = MAX_DIMENSIONS,
) -> NDArray[np.float64]:
    """Of each component, its share in what the ones before it leave, shape (count,).

    Args:
        opinions: Everybody's ballots.
        members: Who is grouped: the others' ballots do not count.
        votes: Used instead of the votes of `opinions`, such as dealt ones.
        count: How many components.
    """
    values = _directions(opinions, members, votes)
    total = float((values**2).sum())
    found = np.zeros(count)
    if total > 0:
        sizes = leading(gram(opinions, values), count, _TOLERANCE)[0]
        found[: len(sizes)] = np.maximum(sizes, 0)
        left = total - np.concatenate([[0.0], np.cumsum(found)[:-1]])
        found = np.divide(found, left, out=np.zeros_like(found), where=left > total * 1e-9)
    return found


def readiness(opinions: Opinions, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each person's mean over the proposals that are not left out, shape (n,)."""
    n, rows = len(opinions.participants), opinions.rows
    kept = np.bincount(rows, weights=~opinions.left_out[opinions.columns], minlength=n)
    return np.asarray(np.bincount(rows, weights=values, minlength=n) / np.maximum(kept, 1))


def dealt(opinions: Opinions, seed: int, neighbours: int | None = NEIGHBOURS) -> Votes:
    """The votes on each proposal, dealt anew among its voters, shape (ballots,).

    Who voted on what and every proposal's result stay; only the connection between proposals is
    lost, but for how readily each person agrees.

    Args:
        opinions: Everybody's ballots.
        seed: Of the deal.
        neighbours: At least so many people who agree about as readily; None: all voters.
    """
    random = np.random.default_rng(seed)
    rows, columns = opinions.rows, opinions.columns
    willing = readiness(opinions, opinions.centred())[rows]
    ordered = np.lexsort((random.random(len(rows)), willing, columns))
    voters = np.bincount(columns, minlength=len(opinions.proposals))
    column = columns[ordered]
    place = np.arange(len(rows)) - (np.cumsum(voters) - voters)[column]
    parts = np.maximum(voters // neighbours, 1) if neighbours else np.ones_like(voters)
    part = place * parts[column] // voters[column]
    anew = np.lexsort((random.random(len(rows)), part, column))
    votes = np.empty_like(opinions.votes)
    votes[ordered] = opinions.votes[ordered][anew]
    return votes


def _directions(
    opinions: Opinions, members: NDArray[np.intp], votes: Votes | None
) -> NDArray[np.float64]:
    """Each ballot less the means of proposal and person, in rows of length 1; others' are 0."""
    n, rows = len(opinions.participants), opinions.rows
    values = opinions.centred(votes)
    values = values - readiness(opinions, values)[rows]
    counts = np.zeros(n, np.bool_)
    counts[members] = True
    values[opinions.left_out[opinions.columns] | ~counts[rows]] = 0
    length = np.sqrt(np.bincount(rows, weights=values**2, minlength=n))
    return np.divide(values, length[rows], out=np.zeros_like(values), where=length[rows] > 1e-9)  # noqa: PLR2004 - rounding
