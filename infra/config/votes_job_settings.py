"""Settings of the votes job: its memory, where it keeps ballots, and how often it shows them."""

from collections.abc import Collection
from typing import Final

from pydantic import BaseModel, Field

from operators.flink.state import StateKind

HEAP_MB: Final[dict[StateKind, int]] = {"memory": 2048, "disk": 768}
"""The heap unless a setting says otherwise, MiB. In memory it holds all current ballots."""


class VotesJobSettings(BaseModel):
    """The part of `Settings` that the votes job reads."""

    state: StateKind = Field(
        "memory",
        description="where a new count keeps current ballots: memory, in the heap of the votes job,"
        " or disk, in RocksDB; a count goes on as it began, until tutti rebuild",
    )
    flink_heap_mb: int | None = Field(
        None,
        ge=512,
        description="heap of the votes job, MiB; unset: 2048, and 768 where ballots are on disk",
    )
    state_memory_mb: int = Field(
        1024,
        ge=256,
        description="memory of RocksDB beside that heap, MiB, where ballots are on disk",
    )
    checkpoint_interval_ms: int = Field(
        1000,
        ge=100,
        description="longest pause between checkpoints of the votes job, ms, with which results"
        " become visible; shorter, at least 250, where they cost little",
    )
    parallelism: int | None = Field(
        None,
        ge=1,
        le=4,
        description="parallel tasks of the votes job; unset: the smaller of 4 and the number of"
        " cores",
    )

    def votes_heap_mb(self, kinds: Collection[StateKind]) -> int:
        """The heap of a votes job that may have to read counts of these kinds, MiB."""
        return self.flink_heap_mb or max(HEAP_MB[kind] for kind in kinds)

    @property
    def votes_memory_mb(self) -> int:
        """What the votes job may use for ballots and for its work, MiB."""
        beside = self.state_memory_mb if self.state == "disk" else 0
        return self.votes_heap_mb([self.state]) + beside
