"""How far intake has read one partition."""


class Position:
    """The next offset of a partition, and how many offsets before it held no message."""

    __slots__ = ("next_offset", "offset_gaps")

    def __init__(self, next_offset: int, offset_gaps: int) -> None:
        self.next_offset = next_offset
        self.offset_gaps = offset_gaps

    def advance(self, offset: int) -> None:
        """Record a message at `offset`."""
        # protects: offsets without a message, before one, are counted as gaps
        self.offset_gaps += offset - self.next_offset
        self.next_offset = offset + 1

    def end(self, offset: int) -> None:
        """Record the partition's end at `offset`."""
        # protects: offsets without a message, at a partition's end, are counted as gaps
        self.offset_gaps += offset - self.next_offset
        self.next_offset = offset
