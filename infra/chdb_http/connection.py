"""The limits of connections: how many, and how long a client may take to say what it wants.

uvicorn limits idle connections after their first request only, and counts both ports as one: a
client that opens connections and sends nothing, or one byte now and then, would keep others out.
So would one that opens new ones all the time: where a port is full, a newcomer takes the place of
the connection that has kept this server waiting longest.
"""

import asyncio
from collections import defaultdict
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from infra.chdb_http.browser_guard import ANSWER_HEADERS

# Per port: analysts cannot take the connections of the sink.
MAX_CONNECTIONS = 256
# Until the head of a request is complete.
HEAD_SECONDS = 20
# Where a port is full: a client that has kept us waiting longer can be spared.
DAWDLE_SECONDS = 20


def full_answer(text: str, **headers: str) -> bytes:
    """What somebody reads who comes to a port that is full."""
    body = f"{text}\r\n"
    lines = {
        "Content-Type": "text/plain",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
        **ANSWER_HEADERS,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n{body}".encode()


_FULL = full_answer("Too many connections; try later.", X_ClickHouse_Exception_Code="203")


class LimitedConnection(H11Protocol):
    """HTTP/1.1 with a bounded number of connections and a deadline for each request's head."""

    max_connections: ClassVar[int] = MAX_CONNECTIONS
    full: ClassVar[bytes] = _FULL
    # Per port, in the order in which they were opened.
    _open: ClassVar[defaultdict[int, dict["LimitedConnection", None]]] = defaultdict(dict)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._port = 0
        self._begun = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept, or say that there are too many."""
        super().connection_made(transport)
        port = (self.server[1] if self.server else 0) or 0
        others = self._open[port]
        if len(others) >= self.max_connections and not self._make_room(others):
            transport.write(self.full)
            transport.close()
            return
        self._port, self._begun = port, self.loop.time()
        others[self] = None
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._stop_waiting()
        self._open[self._port].pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the clock with the first byte of a request, stop it when its head is read."""
        was_idle = self.conn.their_state is h11.IDLE
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
            if was_idle:
                self._begun = self.loop.time()
        elif self._deadline is None:
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, with the headers of every other answer."""
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"connection", b"close"),
        ]
        events = (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=msg.encode("ascii")),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _make_room(self, others: "dict[LimitedConnection, None]") -> bool:
        """End the connection that can best be spared: whose client asks for nothing, or dawdles."""
        spared = next(filter(LimitedConnection._is_idle, others), None)
        spared = spared or next(filter(LimitedConnection._dawdles, others), None)
        if spared is None:
            return False
        del others[spared]
        spared.transport.abort()
        return True

    def _is_idle(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _dawdles(self) -> bool:
        """Whether its client has long been expected to send the body, or to read the answer."""
        waits = self.conn.their_state is h11.SEND_BODY or self.flow.write_paused
        return waits and self.loop.time() - self._begun > DAWDLE_SECONDS

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
