"""Near-identical ballots: groups of people who vote alike on many proposals, beyond chance.

A group is at least 5 people with a set C of proposals on which all of them have ballots, and a part
S of it on which all of these are equal, with |S| >= 20 and |S| >= 0.9 |C|. Ballots on
other proposals do not matter. The number of such groups expected if everybody chose independently,
each proposal by its own shares::

    expected = C(M, g) C(|C|, |S|) product over i in S of (sum over choices k of s_ik ^ g)

with g its size, M the fewest ballots on a proposal of S (no more people can have voted on all),
and s_ik the share of choice k among all ballots on it. It is the expected number of g-subsets
(linearity of expectation; the factor C(|C|, |S|) is Boole's bound over the choice of S). Below 1e-3
the group is a signal. The group's own ballots are among the shares, which makes it look a little
more likely; without them, all who agree with what nearly everybody agrees with would be a group,
because those that remain agree less. Real opinions are not independent: people of one camp, or who
agree with everything, are alike without any arrangement.

Up to 1,000 people are all compared with one another. Of more, groups are looked for among
people whose ballots are mostly the same (`likeness`), so a group of whom each adds more ballots of
its own than it has in common may be missed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp, lgamma
from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.core.signals.likeness import Ints, Signatures, buckets, resemblance, signatures

METHOD: Final = "identical/independence/1"
"""Name and version, published beside each signal."""

MIN_PEOPLE: Final = 5
MIN_COMMON: Final = 20
"""Proposals on which a group's ballots are equal."""
MIN_EQUAL: Final = 0.9
"""Equal proposals as a share of the proposals on which all of the group have ballots."""
EXPECTED_BELOW: Final = 1e-3
MIN_RESEMBLANCE: Final = 0.3
"""Estimated Jaccard index with the person a group grows around."""
MAX_EXHAUSTIVE: Final = 1_000
"""Up to so many people, everybody is compared with everybody."""
PIVOTS: Final = 4
"""People of a bucket around whom a group is tried."""
MAX_BUCKET: Final = 2_000
"""People of a bucket that are compared, the first by their pseudonym."""
CHOICES: Final = 3

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ballots:
    """Current ballots of people who have at least `MIN_COMMON`.

    Attributes:
        starts: Index of each person's first ballot, and last the number of ballots (people + 1,).
        proposals: Proposal of each ballot, as a position in `keys`.
        choices: Choice of each ballot: 0, 1 or 2.
        keys: A number for each proposal, which does not change when others come.
        counts: Ballots of everybody, shape (proposals, 3).
    """

    starts: Ints
    proposals: NDArray[np.int32]
    choices: NDArray[np.int8]
    keys: NDArray[np.uint64]
    counts: Ints


@dataclass(frozen=True, slots=True)
class IdenticalGroup:
    """People with near-identical ballots.

    Attributes:
        people: Their positions in `Ballots`, ascending.
        proposals: Positions of the proposals in S, ascending.
        choices: Their choice on each.
        common: |C|.
        expected: Number of such groups under independence.
    """

    people: tuple[int, ...]
    proposals: tuple[int, ...]
    choices: tuple[int, ...]
    common: int
    expected: float


def expected_groups(size: int, counts: Ints, common: int) -> float:
    """Number of groups of `size` people equal on those proposals, expected under independence.

    Args:
        size: People of the group.
        counts: Ballots of everybody on each proposal of S by choice, shape (|S|, 3).
        common: |C|.

    >>> shares = np.tile([[600, 250, 150]], (20, 1))
    >>> f"{expected_groups(5, shares, 20):.2g}"
    '7.1e-10'
    """
    share = counts / counts.sum(axis=1, keepdims=True)
    people = max(int(counts.sum(axis=1).min()), size)
    logarithm = (
        _log_choose(people, size)
        + _log_choose(common, len(counts))
        + float(np.log((share**size).sum(axis=1)).sum())
    )
    return exp(min(logarithm, 700.0))


def identical_groups(ballots: Ballots) -> list[IdenticalGroup]:
    """All groups that are signals, the largest first; nobody is in two of them.

    >>> rng = np.random.default_rng(1)
    >>> votes = rng.integers(0, 3, (60, 30)); votes[:6] = votes[0]
    >>> counts = np.stack([(votes == choice).sum(0) for choice in range(3)], axis=1)
    >>> ballots = Ballots(np.arange(61) * 30, np.tile(np.arange(30, dtype=np.int32), 60),
    ...     votes.ravel().astype(np.int8), np.arange(30, dtype=np.uint64), counts)
    >>> [group.people for group in identical_groups(ballots)]
    [(0, 1, 2, 3, 4, 5)]
    """
    if len(ballots.starts) <= MIN_PEOPLE:
        return []
    groups = _all_groups(ballots)
    chosen, taken = list[IdenticalGroup](), set[int]()
    for group in sorted(groups, key=lambda group: (-len(group.people), group.people)):
        if taken.isdisjoint(group.people):
            chosen.append(group)
            taken.update(group.people)
    return chosen


def _all_groups(ballots: Ballots) -> list[IdenticalGroup]:
    people = np.arange(len(ballots.starts) - 1)
    if len(people) <= MAX_EXHAUSTIVE:
        around = (_around(ballots, person, people) for person in range(len(people)))
        return [group for group in around if group]
    tokens = (ballots.keys[ballots.proposals] << np.uint64(2)) + ballots.choices.astype(np.uint64)
    found = signatures(tokens, ballots.starts)
    groups = [
        group for bucket in buckets(found, MIN_PEOPLE) for group in _grow(ballots, found, bucket)
    ]
    # A band finds a part of a group: parts that have a person in common are tried together.
    whole = [group for people in _joined(groups) for group in _grow(ballots, found, people)]
    return [*whole, *groups]


def _grow(ballots: Ballots, found: Signatures, bucket: Ints) -> Iterator[IdenticalGroup]:
    """Groups within a bucket, each around one person."""
    left = np.sort(bucket)[:MAX_BUCKET]
    for _ in range(PIVOTS):
        if len(left) < MIN_PEOPLE:
            return
        pivot = _most_repeated(found, left)
        near = left[resemblance(found, pivot, left) >= MIN_RESEMBLANCE]
        group = _around(ballots, pivot, near) if len(near) >= MIN_PEOPLE else None
        if group:
            yield group
        done = [pivot, *(group.people if group else ())]
        left = left[~np.isin(left, done)]


def _most_repeated(found: Signatures, people: Ints) -> int:
    """The person whose signature most of these people have; ties by position."""
    keys = np.ascontiguousarray(found[people]).view(f"V{found.shape[1] * 4}").ravel()
    _, firsts, repeats = np.unique(keys, return_index=True, return_counts=True)
    best = int(repeats.max())
    return int(people[firsts[repeats == best].min()])


def _around(ballots: Ballots, pivot: int, near: Ints) -> IdenticalGroup | None:
    """The largest group of these people around one of them, if it is a signal."""
    own = slice(ballots.starts[pivot], ballots.starts[pivot + 1])
    proposals, choices = ballots.proposals[own], ballots.choices[own].astype(np.int64)
    equal, voted = _compared(ballots, near, proposals, choices)
    alike = equal.sum(axis=1)
    enough = (alike >= MIN_COMMON) & (alike >= MIN_EQUAL * voted.sum(axis=1))
    order = np.lexsort((near, -alike))
    same = all_voted = np.ones(len(proposals), np.bool_)
    steps = list[tuple[int, Bools, int]]()
    for row in order[enough[order]]:
        both, common = same & equal[row], all_voted & voted[row]
        if both.sum() >= max(MIN_COMMON, MIN_EQUAL * common.sum()):
            same, all_voted = both, common
            steps.append((int(near[row]), same, int(common.sum())))
    size = len(steps)
    while size >= MIN_PEOPLE:
        _, same, common = steps[size - 1]
        chosen = proposals[same]
        expected = expected_groups(size, ballots.counts[chosen], common)
        if expected < EXPECTED_BELOW:
            by_proposal = np.argsort(chosen)
            return IdenticalGroup(
                people=tuple(sorted(person for person, *_ in steps[:size])),
                proposals=tuple(chosen[by_proposal].tolist()),
                choices=tuple(choices[same][by_proposal].tolist()),
                common=common,
                expected=expected,
            )
        size = max(size // 2, MIN_PEOPLE) if size > MIN_PEOPLE else 0
    return None


def _compared(
    ballots: Ballots, people: Ints, proposals: NDArray[np.int32], choices: Ints
) -> tuple[Bools, Bools]:
    """Whether each person's ballot is equal, and whether it exists, (people, proposals) each."""
    column = np.full(len(ballots.keys), -1, np.int32)
    column[proposals] = np.arange(len(proposals))
    begins, ends = ballots.starts[people], ballots.starts[people + 1]
    lengths = ends - begins
    row = np.repeat(np.arange(len(people)), lengths)
    at = np.arange(lengths.sum()) + np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
    where = column[ballots.proposals[at]]
    here = where >= 0
    row, where, choice = row[here], where[here], ballots.choices[at[here]]
    voted = np.zeros((len(people), len(proposals)), np.bool_)
    equal = np.zeros_like(voted)
    voted[row, where] = True
    equal[row, where] = choice == choices[where]
    return equal, voted


def _joined(groups: Iterable[IdenticalGroup]) -> Iterator[Ints]:
    """Unite the people of groups that overlap."""
    wholes = list[set[int]]()
    for group in groups:
        whole = set(group.people)
        apart = [other for other in wholes if other.isdisjoint(whole)]
        if len(apart) < len(wholes):
            whole.update(*(other for other in wholes if not other.isdisjoint(whole)))
        wholes = [*apart, whole]
    return (np.array(sorted(whole)) for whole in wholes)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
