"""Event streams: everybody who follows a consultation is sent the same bytes.

There are no queues: a follower wakes up and is sent the newest event, so that a slow one misses
those between and costs no memory. Whoever does not take even that is dropped by the response.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from operators.core.errors import TransientError
from pipelines.live.boards import PublicBoard

PER_ADDRESS: Final = 100
"""Event streams of one address: a school or an office has one for all its screens."""


class TooManyStreamsError(TransientError):
    """All event streams are taken."""


@dataclass(slots=True)
class Channel:
    """The followers of one consultation.

    Attributes:
        followers: How many.
        event: The newest event, as it is sent; empty: none yet.
        version: Of that event.
        changed: Is set, and replaced, when there is another event.
    """

    followers: int = 0
    event: bytes = b""
    version: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Seat:
    """One follower's seat."""

    consultation: str
    address: str
    channel: Channel
    left: bool = False


class Streams:
    """All followers.

    Args:
        max_streams: More are refused.
    """

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self._channels: dict[str, Channel] = {}
        self._by_address = Counter[str]()

    @property
    def followed(self) -> list[str]:
        """The consultations that somebody follows."""
        return list(self._channels)

    @property
    def count(self) -> int:
        """Followers of all consultations."""
        return sum(channel.followers for channel in self._channels.values())

    def publish(self, board: PublicBoard) -> None:
        """Send a board's event to its followers, unless they have it."""
        channel = self._channels.get(board.consultation.consultation_id)
        if channel is None or channel.version == board.version:
            return
        channel.event, channel.version = event_of(board), board.version
        channel.changed.set()
        channel.changed = asyncio.Event()

    def take(self, consultation: str, address: str) -> Seat:
        """A seat among the followers.

        Raises:
            TooManyStreamsError: There is none.
        """
        if self.count >= self._max_streams or self._by_address[address] >= PER_ADDRESS:
            raise TooManyStreamsError
        channel = self._channels.setdefault(consultation, Channel())
        channel.followers += 1
        self._by_address[address] += 1
        return Seat(consultation, address, channel)

    def leave(self, seat: Seat) -> None:
        """Give a seat back, once."""
        if seat.left:
            return
        seat.left = True
        seat.channel.followers -= 1
        self._by_address[seat.address] -= 1
        if not self._by_address[seat.address]:
            del self._by_address[seat.address]
        if not seat.channel.followers:
            self._channels.pop(seat.consultation, None)

    async def events(self, seat: Seat, seen: str) -> AsyncIterator[bytes]:
        """The newest event unless the follower has seen it, then each that follows.

        Args:
            seat: The follower's; it is given back at the end.
            seen: The id of the last event that the follower has, ``Last-Event-ID``; or empty.
        """
        try:
            while True:
                channel = seat.channel
                changed = channel.changed
                if channel.version not in {"", seen}:
                    seen = channel.version
                    yield channel.event
                else:
                    await changed.wait()
        finally:
            self.leave(seat)


def event_of(board: PublicBoard) -> bytes:
    """What a follower is told: that there is something new, and the figures above the board."""
    data = msgspec.json.encode(
        {
            "version": board.version,
            "as_of": board.as_of,
            "ballots": board.ballots,
            "proposals": len(board.proposals),
            "stale": board.stale,
        }
    ).decode()
    return f"id: {board.version}\nevent: board\ndata: {data}\n\n".encode()
