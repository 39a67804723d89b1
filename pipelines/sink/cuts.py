"""Cuts: up to which vote everything in ClickHouse is whole.

A tally, a window and a progress record of the same checkpoint arrive on different partitions, at
different times. But once the job has reported progress P, all outputs for P stand before the ends
that the output topics have *then* (open transactions included); once the sink has written up to
those ends, every vote up to P is in tallies and windows.
"""

from dataclasses import dataclass
from typing import Final

from schemas.topics import ACCEPTED_VOTES, TALLIES, WINDOWS, TopicPartition

OUTPUTS: Final = frozenset(
    (topic.name, partition) for topic in (TALLIES, WINDOWS) for partition in range(topic.partitions)
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A consistent cut of one epoch.

    Attributes:
        epoch: The count.
        counted: Per partition of accepted votes, how many offsets are counted.
        positions: What the sink has written, at the moment the cut was complete.
        quiescent: Whether nothing was on its way, so that tables can be compared.
        as_of_ms: Broker time of the newest vote counted, ms since 1970.
    """

    epoch: int
    counted: dict[int, int]
    positions: dict[TopicPartition, int]
    quiescent: bool
    as_of_ms: int

    def reaches(self, other: "Cut") -> bool:
        """Whether everything that the other one counts is counted here too."""
        return all(self.counted.get(p, 0) >= offset for p, offset in other.counted.items())


@dataclass(frozen=True, slots=True)
class _Pending:
    counted: dict[int, int]
    as_of_ms: int
    targets: dict[TopicPartition, int]


class Cuts:
    """Follows progress and positions, and says when a cut is complete.

    >>> cuts = Cuts()
    >>> cuts.progress(epoch=1, partition=0, offset=4, origin_ms=10)
    >>> ends = {place: 3 for place in OUTPUTS} | {("tutti.accepted-votes.v1", 0): 5}
    >>> cuts.step(positions=dict.fromkeys(OUTPUTS, 2), ends=ends)  # outputs are on their way
    []
    >>> [cut] = cuts.step(positions=ends, ends=ends)
    >>> cut.counted, cut.quiescent
    ({0: 5}, True)
    """

    def __init__(self) -> None:
        self._progress: dict[int, dict[int, tuple[int, int]]] = {}
        self._pending: dict[int, _Pending] = {}

    def progress(self, epoch: int, partition: int, offset: int, origin_ms: int) -> None:
        """Note that the job has counted accepted votes up to `offset`, it included."""
        known = self._progress.setdefault(epoch, {})
        known[partition] = max(known.get(partition, (0, 0)), (offset + 1, origin_ms))

    def forget(self, epoch: int) -> None:
        """Drop an epoch that was taken back."""
        self._progress.pop(epoch, None)
        self._pending.pop(epoch, None)

    def step(
        self, positions: dict[TopicPartition, int], ends: dict[TopicPartition, int]
    ) -> list[Cut]:
        """The cuts that are complete now, one per epoch at most.

        Args:
            positions: Up to where the sink has written, per partition it reads.
            ends: Where those partitions end, asked for after the last call of `progress`.
        """
        complete = []
        for epoch, known in self._progress.items():
            pending = self._pending.get(epoch)
            if pending is None:
                pending = self._pending[epoch] = _Pending(
                    {partition: offset for partition, (offset, _) in known.items()},
                    max(origin_ms for _, origin_ms in known.values()),
                    {place: ends[place] for place in OUTPUTS},
                )
            if all(positions.get(place, 0) >= end for place, end in pending.targets.items()):
                del self._pending[epoch]
                whole = all(
                    pending.counted.get(partition, 0) == end
                    for (topic, partition), end in ends.items()
                    if topic == ACCEPTED_VOTES.name
                )
                quiescent = whole and all(
                    positions.get(place, 0) == end for place, end in ends.items()
                )
                complete.append(
                    Cut(epoch, pending.counted, dict(positions), quiescent, pending.as_of_ms)
                )
        return complete
