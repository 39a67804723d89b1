"""A run of `loadtests.evaluation.votes_state`: the votes job as it grew, and what it cost."""

from collections.abc import Sequence

import msgspec
from rich.table import Table

from operators.flink.state import StateKind


class StateSample(msgspec.Struct, frozen=True):
    """The job at one moment.

    Attributes:
        votes: Accepted votes that its newest checkpoint holds.
        at_s: Since it counts, s.
        cpu_s: CPU of its processes so far, s.
        rss_mb: Resident memory of its processes, MiB.
        heap_mb: Heap in use, garbage included, MiB.
        disk_mb: Its checkpoints with all files that they need, MiB.
        checkpoint_ms: What the newest checkpoint took, ms.
    """

    votes: int
    at_s: float
    cpu_s: float
    rss_mb: int
    heap_mb: int
    disk_mb: int
    checkpoint_ms: int


class StateRun(msgspec.Struct, frozen=True):
    """One count of the whole log.

    Attributes:
        kind: Where ballots were kept.
        samples: The job until it was killed.
        restart_s: From the start of the next process to its first checkpoint, s.
        different: Tallies that differ from what was drawn.
    """

    kind: StateKind
    samples: list[StateSample]
    restart_s: float
    different: int

    @property
    def cpu_us(self) -> float:
        """CPU per vote without the first tenth, in which Java compiles, µs."""
        first, last = self._steady
        return (last.cpu_s - first.cpu_s) / max(last.votes - first.votes, 1) * 1e6

    @property
    def votes_per_s(self) -> float:
        """Votes per second without the first tenth."""
        first, last = self._steady
        return (last.votes - first.votes) / max(last.at_s - first.at_s, 1e-9)

    @property
    def _steady(self) -> tuple[StateSample, StateSample]:
        last = self.samples[-1]
        return next(one for one in self.samples if one.votes * 10 >= last.votes), last

    def at(self, votes: int) -> StateSample:
        """The first sample with so many votes; the last one if there are fewer."""
        return next((one for one in self.samples if one.votes >= votes), self.samples[-1])


def drawn(runs: Sequence[StateRun]) -> Table:
    """The runs as they grew: a row for each doubling of the votes."""
    made = Table("kept", "votes", "CPU s", "resident MiB", "heap MiB", "disk MiB", "checkpoint ms")
    for run in runs:
        made.add_section()
        at = 0
        for one in run.samples:
            if one.votes < 2 * at and one is not run.samples[-1]:
                continue
            at = one.votes
            figures = (one.cpu_s, one.rss_mb, one.heap_mb, one.disk_mb, one.checkpoint_ms)
            made.add_row(run.kind, f"{one.votes:,}", *(f"{figure:,.0f}" for figure in figures))
    return made


def line(run: StateRun) -> str:
    """A run in a line."""
    end = run.samples[-1]
    return (
        f"{run.kind}: {run.cpu_us:.1f} µs CPU a vote, {run.votes_per_s:,.0f} votes/s,"
        f" {max(one.rss_mb for one in run.samples):,} MiB resident, {end.disk_mb:,} MiB on disk,"
        f" restart {run.restart_s:.1f} s, {run.different} tallies differ"
    )
