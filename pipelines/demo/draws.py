"""The random numbers behind one message of the demo, and when its vote was cast."""

from typing import NamedTuple, TypeVar

T = TypeVar("T")

_JITTER_MS = 1_000
_LATE_FROM_MS = 60_000
_LATE_SPAN_MS = 19 * 60_000


class Draws(NamedTuple):
    """The random numbers, from 0 to 1, behind one message."""

    what: float
    who: float
    which: float
    opinion: float
    more: float
    when: float

    def jitter_ms(self) -> int:
        """How long ago a vote was cast that arrives in time."""
        return int(self.when * _JITTER_MS)

    def delay_ms(self) -> int:
        """How long ago a vote was cast that arrives late."""
        return _LATE_FROM_MS + int(self.when * _LATE_SPAN_MS)


def take(items: list[T], draw: float) -> T:
    """Take the item that a draw falls on out of a list; the last one moves to its place."""
    index = int(draw * len(items))
    items[index], items[-1] = items[-1], items[index]
    return items.pop()
