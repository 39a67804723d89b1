"""The process: two ports, one event loop, and an orderly end."""

import asyncio
import contextlib
import shutil
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn

from infra.local.chserver import engine_config, limits
from infra.local.chserver.admit import Guard
from infra.local.chserver.app import App, Door
from infra.local.chserver.connection import LimitedConnection
from infra.local.chserver.engine import Engine
from infra.local.chserver.incoming import Memory
from infra.local.chserver.lane import Lane
from infra.local.chserver.login import Login

log = structlog.get_logger(__name__)
_STOP_SECONDS = 30
_IDLE_SECONDS = 120
# Drivers put parameters and the head of an INSERT into the URL.
HEAD_BYTES = 256 * 1024
# How many bodies of the largest size may be held at a time.
OWN_BODIES, THEIR_BODIES = 2, 128
INSERTS_RUNNING, INSERTS_WAITING = 3, 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where one server lives and what it may use.

    Attributes:
        folder: the data.
        temporary: temporary files, emptied at start.
        port: of operators and the sink.
        analyst_port: of analysts, read-only.
        memory_mb: memory of the engine, MiB.
        request_bytes: largest body of a request.
        operator: whom the port of operators and the sink lets in; None: everybody.
        analyst: whom the port of analysts lets in; None: everybody.
    """

    folder: Path
    temporary: Path
    port: int
    analyst_port: int
    memory_mb: int
    request_bytes: int = 256 * 1024 * 1024
    operator: Login | None = None
    analyst: Login | None = None


class _Server(uvicorn.Server):
    """uvicorn ends by raising the caught signal again; a supervisor expects exit code 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(place: Place) -> None:
    """Serve until SIGTERM or SIGINT; running inserts are finished, queries cancelled.

    Raises:
        QueryError: the data folder cannot be opened, e.g. another process owns it.
        OSError: a port is taken.
    """
    sockets = [_listen(place.port), _listen(place.analyst_port)]
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(place.temporary, ignore_errors=True)
    place.temporary.mkdir(mode=0o700, parents=True)
    config = place.temporary / "engine.xml"
    engine_config.write(config, place.memory_mb, place.temporary)
    engine = Engine(place.folder, config)
    log.info("clickhouse_ready", version=engine.version, port=place.port)
    try:
        asyncio.run(_run(place, engine, sockets))
    finally:
        engine.close()
        log.info("clickhouse_stopped")


async def _run(place: Place, engine: Engine, sockets: list[socket.socket]) -> None:
    own = limits.operators(place.memory_mb, place.request_bytes)
    their = limits.analysts(place.memory_mb)
    doors = {
        place.port: Door(
            own,
            Lane("queries", own.running, own.waiting),
            Memory(OWN_BODIES * place.request_bytes),
            login=place.operator,
        ),
        place.analyst_port: Door(
            their,
            Lane("analysts", their.running, their.waiting),
            Memory(THEIR_BODIES * their.request_bytes),
            Guard(engine, their.settings),
            seconds=60,
            login=place.analyst,
        ),
    }
    inserts = Lane("inserts", INSERTS_RUNNING, INSERTS_WAITING)
    app = App(engine, doors, inserts, place.temporary)
    server = _Server(
        uvicorn.Config(
            app,
            http=LimitedConnection,
            h11_max_incomplete_event_size=HEAD_BYTES,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )

    def stop(number: signal.Signals) -> None:
        server.should_exit = True
        app.stop_reading()
        # Last: if the supervisor was killed nobody reads the log, and this raises.
        log.info("clickhouse_stopping", signal=number.name)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await server.serve(sockets=sockets)


def _listen(port: int) -> socket.socket:
    # asyncio sends small answers at once (TCP_NODELAY) only if the protocol is named: without it
    # every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener
