"""The HTTP server, in a thread of its own: the runner's main thread waits for changes."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import ClassVar

import uvicorn
from starlette.types import ASGIApp

from infra.chdb_http.connection import LimitedConnection, full_answer

IDLE_S = 65
"""Longer than proxies keep connections."""
STOP_S = 3
MAX_HEAD_BYTES = 16 * 1024
EXTRA_CONNECTIONS = 256
"""Connections beside those of event streams."""


class _LiveServer(uvicorn.Server):
    """The process has its own signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


_FULL = full_answer("Too many connections.", Retry_After="10")


def _connections(most: int) -> type[LimitedConnection]:
    """Connections that must say soon what they want, and so many of them."""

    class BoundedConnection(LimitedConnection):
        max_connections: ClassVar[int] = most
        full: ClassVar[bytes] = _FULL

    return BoundedConnection


class WebServer:
    """Serves an application until told to stop.

    Args:
        app: Answers requests.
        bound: Listens already.
        proxies: Addresses of proxies whose ``X-Forwarded-For`` is believed.
        max_streams: Event streams at a time.
    """

    def __init__(
        self, app: ASGIApp, bound: socket.socket, *, proxies: tuple[str, ...], max_streams: int
    ) -> None:
        self._bound = bound
        self._server = _LiveServer(
            uvicorn.Config(
                app,
                http=_connections(max_streams + EXTRA_CONNECTIONS),
                ws="none",
                h11_max_incomplete_event_size=MAX_HEAD_BYTES,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_keep_alive=IDLE_S,
                timeout_graceful_shutdown=STOP_S,
            )
        )
        self._started = threading.Event()
        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True, name="web")

    @property
    def running(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Serve, and return once the loop runs."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Accept nothing more; event streams are ended, their clients come again."""
        self._server.should_exit = True
        self._thread.join(STOP_S + 2)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.call_soon(self._started.set)
        self.loop.run_until_complete(self._server.serve(sockets=[self._bound]))


def listen(host: str, port: int) -> socket.socket:
    """A socket on that address.

    Raises:
        OSError: Another program has it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()  # who comes before the server runs is answered when it does
    return listener
