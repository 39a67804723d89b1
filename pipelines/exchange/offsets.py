"""A set of offsets of one partition."""

from bisect import bisect_right


class Offsets:
    """Offsets as runs: the messages of one sender mostly follow one another.

    >>> offsets = Offsets()
    >>> for offset in (4, 5, 6, 9):
    ...     offsets.add(offset)
    >>> len(offsets), 5 in offsets, 8 in offsets, offsets.last
    (4, True, False, 9)
    """

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, offset: int) -> None:
        """Add an offset; nearly always it is greater than all before."""
        if not self._ends or offset > self._ends[-1]:
            self._starts.append(offset)
            self._ends.append(offset + 1)
        elif offset == self._ends[-1]:
            self._ends[-1] += 1
        elif offset not in self:
            place = bisect_right(self._starts, offset)
            self._starts.insert(place, offset)
            self._ends.insert(place, offset + 1)

    @property
    def last(self) -> int:
        """The greatest offset; -1: there is none."""
        return self._ends[-1] - 1 if self._ends else -1

    def __contains__(self, offset: int) -> bool:
        run = bisect_right(self._starts, offset) - 1
        return run >= 0 and offset < self._ends[run]

    def __len__(self) -> int:
        return sum(self._ends) - sum(self._starts)
