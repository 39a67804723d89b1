"""The limits of connections: how many, and how long a client may take to say what it wants.

uvicorn limits idle connections after their first request only, and counts both ports as one: a
client that opens connections and sends nothing, or one byte now and then, would keep others out.
"""

import asyncio
from collections import Counter
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# Per port: analysts cannot take the connections of the sink.
MAX_CONNECTIONS = 256
# Until the head of a request is complete.
HEAD_SECONDS = 20
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: 33\r\nX-ClickHouse-Exception-Code: 203\r\n\r\nToo many connections; try "
    b"later.\r\n"
)


class LimitedConnection(H11Protocol):
    """HTTP/1.1 with a bounded number of connections and a deadline for each request's head."""

    max_connections: ClassVar[int] = MAX_CONNECTIONS
    full: ClassVar[bytes] = _FULL
    _open: ClassVar[Counter[int]] = Counter()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._counted = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept, or say that there are too many."""
        super().connection_made(transport)
        port = self.server[1] if self.server else 0
        if self._open[port or 0] >= self.max_connections:
            transport.write(self.full)
            transport.close()
            return
        self._counted = port or 0
        self._open[self._counted] += 1
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._stop_waiting()
        if self._counted:
            self._open[self._counted] -= 1
            self._counted = 0
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the clock with the first byte of a request, stop it when its head is read."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._deadline is None:
            self._wait_for_head()

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
