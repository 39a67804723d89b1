"""Near-identical ballots, looked for every few minutes where votes arrived.

One consultation at a tick, the one that has waited longest, so that the other work of the minute
is not kept waiting. Ballots are read in slices of people as fixed-width rows, straight into numpy.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from clickhouse_connect.driver.client import Client
from numpy.typing import NDArray

from infra.clickhouse.ballots import archived, read_ballots
from infra.clickhouse.signals import (
    Scan,
    Signal,
    keep_signals,
    read_scan,
    read_signals,
    record_scan,
)
from infra.clickhouse.tallies import counts_by_proposal
from operators.core.signals.identical import (
    METHOD,
    MIN_COMMON,
    Ballots,
    IdenticalGroup,
    identical_groups,
)
from operators.core.votes.tally import COUNTED_CHOICES
from pipelines.periodic.signal_ids import digest, signal_id

EVERY_MS: Final = 300_000
"""Time between two looks at one consultation."""
SLICE_BALLOTS: Final = 4_000_000
"""Ballots read at a time: at 29 bytes each, what bounds the memory besides 9 bytes per ballot."""


@dataclass(frozen=True, slots=True)
class Read:
    """A consultation's ballots with what the formula does not need.

    Attributes:
        ballots: What is compared.
        people: Pseudonyms.
        proposals: Proposal ids.
        cast_s: When each ballot was cast, s since 1970.
    """

    ballots: Ballots
    people: list[int]
    proposals: list[str]
    cast_s: NDArray[np.uint32]


def scan_for_identical(clickhouse: Client, tick_ms: int) -> None:
    """The step: look at the consultation that has waited longest for it, if any is due."""
    due = _due(clickhouse, tick_ms)
    if due is None:
        return
    consultation, newest_ms, ballots = due
    read = _read(clickhouse, consultation, slices=1 + ballots // SLICE_BALLOTS)
    groups = identical_groups(read.ballots)
    kept = read_signals(clickhouse, "identical", consultation)
    keep_signals(clickhouse, _signals(consultation, read, groups, kept, tick_ms))
    record_scan(clickhouse, "identical", Scan(tick_ms, newest_ms), consultation)


def _due(clickhouse: Client, tick_ms: int) -> tuple[str, int, int] | None:
    """Consultation, broker time of its newest ballot, and number of its ballots."""
    never = Scan(0, 0)
    waiting = []
    for consultation, newest_ms, ballots in archived(clickhouse):
        scan = read_scan(clickhouse, "identical", consultation) or never
        if scan.scanned_ms + EVERY_MS <= tick_ms and scan.done < newest_ms:
            waiting.append((scan.scanned_ms, consultation, newest_ms, ballots))
    return min(waiting)[1:] if waiting else None


def _read(clickhouse: Client, consultation: str, slices: int = 1) -> Read:
    """Current trusted ballots of people who have enough of them.

    Args:
        clickhouse: Any client that may read `tutti`.
        consultation: Its id.
        slices: Parts in which the people are read.
    """
    rows = counts_by_proposal(clickhouse, consultation)
    keys = np.array([row[1] for row in rows], np.uint64)
    parts = [_slice(clickhouse, consultation, keys, slices, n) for n in range(slices)]
    lengths = np.concatenate([part[1] for part in parts])
    people = np.concatenate([part[0] for part in parts])
    ballots = Ballots(
        starts=np.concatenate(([0], np.cumsum(lengths))),
        proposals=np.concatenate([part[2] for part in parts]),
        choices=np.concatenate([part[3] for part in parts]),
        keys=keys,
        counts=np.array([row[2:] for row in rows], np.int64).reshape(-1, len(COUNTED_CHOICES)),
    )
    return Read(
        ballots,
        [high << 64 | low for low, high in people.tolist()],
        [row[0] for row in rows],
        np.concatenate([part[4] for part in parts]),
    )


def _slice(
    clickhouse: Client, consultation: str, keys: NDArray[np.uint64], slices: int, number: int
) -> tuple[NDArray[np.void], ...]:
    """People, their numbers of ballots, and of the ballots proposals, choices and times."""
    rows = read_ballots(clickhouse, consultation, slices, number)
    # A ballot on a proposal that is not in the tallies yet waits for the next look.
    rows = rows[np.isin(rows["proposal"], keys)]
    rows = rows[np.lexsort((rows["low"], rows["high"]))]
    changes = np.diff(rows["low"]).astype(bool) | np.diff(rows["high"]).astype(bool)
    bounds = np.concatenate(([0], np.flatnonzero(changes) + 1, [len(rows)]))
    lengths = np.diff(bounds)
    enough = lengths >= MIN_COMMON
    people = rows[["low", "high"]][bounds[:-1][enough]]
    rows = rows[np.repeat(enough, lengths)]
    return (
        people,
        lengths[enough],
        np.searchsorted(keys, rows["proposal"]).astype(np.int32),
        rows["choice"].copy(),
        rows["cast_s"].copy(),
    )


def _signals(
    consultation: str,
    read: Read,
    groups: Iterable[IdenticalGroup],
    kept: Iterable[Signal],
    tick_ms: int,
) -> list[Signal]:
    """The signals of groups; one that is kept goes on in the group that has most of its people."""
    left = {signal.signal_id: frozenset(signal.participants) for signal in kept}
    first_seen = {signal.signal_id: signal.first_seen for signal in kept}
    signals = []
    for group in groups:
        found = _signal(consultation, read, group, tick_ms)
        people = frozenset(found.participants)
        shared, former = max(
            ((len(people & before), name) for name, before in left.items()), default=(0, "")
        )
        if former and 2 * shared > min(len(people), len(left[former])):
            del left[former]
            found = replace(found, signal_id=former, first_seen=first_seen[former])
        signals.append(found)
    return signals


def _signal(consultation: str, read: Read, group: IdenticalGroup, tick_ms: int) -> Signal:
    ballots = read.ballots
    spans = [slice(ballots.starts[person], ballots.starts[person + 1]) for person in group.people]
    proposals = np.concatenate([ballots.proposals[span] for span in spans])
    choices = np.concatenate([ballots.choices[span] for span in spans])
    cast_s = np.concatenate([read.cast_s[span] for span in spans])
    touched, where = np.unique(proposals, return_inverse=True)
    agree = COUNTED_CHOICES.index("agree")
    common = [
        (read.proposals[p], COUNTED_CHOICES[c])
        for p, c in zip(group.proposals, group.choices, strict=True)
    ]
    pattern = digest(*sorted(common))
    return Signal(
        consultation_id=consultation,
        signal_id=signal_id("identical", consultation, pattern, tick_ms),
        kind="identical",
        participants=[read.people[person] for person in group.people],
        proposals=[read.proposals[proposal] for proposal in touched],
        votes=np.bincount(where).tolist(),
        agree=np.bincount(where, weights=choices == agree).astype(int).tolist(),
        from_at=int(cast_s.min()) * 1000,
        to_at=int(cast_s.max()) * 1000,
        observed=len(group.people),
        expected=group.expected,
        pattern=pattern,
        common=np.bincount(group.choices, minlength=len(COUNTED_CHOICES)).tolist(),
        first_seen=tick_ms,
        last_seen=tick_ms,
        method=METHOD,
        version=tick_ms,
    )
