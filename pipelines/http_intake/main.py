"""The service HTTP intake: reads batches over HTTP, writes them to the input topics."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from threading import Thread
from typing import Any, Final

import uvicorn

from infra import redis
from infra.chdb_http.browser_guard import ANSWER_HEADERS
from infra.chdb_http.connection import LimitedConnection
from infra.config.settings import Settings
from infra.service.gc_tuning import tune_gc
from infra.service.metrics import HTTP_INTAKE
from infra.service.runner import run
from operators.core.errors import TerminalError
from pipelines.http_intake.admission import InFlight, Rates
from pipelines.http_intake.app import Doors, application
from pipelines.http_intake.delivery import Delivery
from pipelines.http_intake.receipts import Receipts
from pipelines.http_intake.tokens import Tokens

IDLE_S: Final = 0.25
KEEP_ALIVE_S: Final = 75
STOP_S: Final = 40
"""Longest wait for requests that are being answered: longer than Kafka may take."""
REDIS_S: Final = 0.5
HEAD_BYTES: Final = 64 * 1024


class _HttpServer(uvicorn.Server):
    """The runner catches the signals, and tells the server to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpIntake:
    """The server, in a thread of its own, beside the heartbeat."""

    def __init__(self, settings: Settings) -> None:
        self._delivery = Delivery(settings)
        doors = Doors(
            Tokens(settings),
            self._delivery,
            Receipts(redis.connect(settings, timeout_s=REDIS_S)),
            InFlight(),
            Rates(),
        )
        self._in_flight = doors.in_flight
        bound = _listen(settings.http_intake_port)
        self._server = _HttpServer(
            uvicorn.Config(
                application(doors),
                http=LimitedConnection,
                ws="none",
                headers=list(ANSWER_HEADERS.items()),
                h11_max_incomplete_event_size=HEAD_BYTES,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_S,
            )
        )
        self._thread = Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[bound])),
            daemon=True,
            name="http",
        )
        self._thread.start()
        tune_gc()

    def step(self) -> float:
        """See that both threads live.

        Raises:
            TerminalError: One has ended.
        """
        if not (self._thread.is_alive() and self._delivery.alive):
            raise TerminalError("The HTTP intake ended with an error: see the log above.")
        return IDLE_S

    def beat(self) -> dict[str, Any]:
        """Whether it takes batches, and the bytes that are on their way."""
        return {"ready": self._server.started, "in_flight_bytes": self._in_flight.used}

    def close(self) -> None:
        """Take nothing more, and answer what is being taken."""
        self._server.should_exit = True
        self._thread.join()
        self._delivery.close()


def _listen(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        raise TerminalError(f"Port {port} cannot be used: {error.strerror}.") from None
    return bound


def main() -> None:
    """Run until told to stop."""
    run("http_intake", HttpIntake, metrics=HTTP_INTAKE)


if __name__ == "__main__":
    main()
