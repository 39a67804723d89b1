"""The process: two ports, one event loop, and an orderly end."""

import asyncio
import contextlib
import shutil
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from infra.chdb_http import engine_config, limits
from infra.chdb_http.app import HttpApp
from infra.chdb_http.body import BodyMemory
from infra.chdb_http.config import ServerConfig
from infra.chdb_http.connection import LimitedConnection
from infra.chdb_http.engine import Engine
from infra.chdb_http.errors import CannotServeError, QueryError
from infra.chdb_http.execution import Execution
from infra.chdb_http.listener import Listener
from infra.chdb_http.metrics import MetricsSink, NoMetrics
from infra.chdb_http.policy.policy import Policy
from infra.chdb_http.query_pool import QueryPool

log = structlog.get_logger(__name__)
_STOP_SECONDS = 30
_IDLE_SECONDS = 120
_ANALYST_SECONDS = 60
# Drivers put parameters and the head of an INSERT into the URL.
HEAD_BYTES = 256 * 1024
# How many bodies of the largest size may be held at a time.
OPERATOR_BODIES, ANALYST_BODIES = 2, 128
INSERTS_RUNNING, INSERTS_WAITING = 3, 64


class _Server(uvicorn.Server):
    """uvicorn ends by raising the caught signal again; a supervisor expects exit code 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(config: ServerConfig, metrics: MetricsSink | None = None) -> None:
    """Serve until SIGTERM or SIGINT; running inserts are finished, queries cancelled.

    Args:
        config: the server's folders, ports and limits.
        metrics: receives what is measured; None: nothing is.

    Raises:
        CannotServeError: a port is taken, or the data folder cannot be opened, e.g. because
            another process owns it.
    """
    try:
        sockets = [_listen(config.port), _listen(config.analyst_port)]
        engine = _open_engine(config)
    except (QueryError, OSError) as error:
        raise CannotServeError(str(error).strip()) from None
    log.info("clickhouse_ready", version=engine.version, port=config.port)
    try:
        asyncio.run(_run(config, engine, sockets, metrics or NoMetrics()))
    finally:
        engine.close()
        log.info("clickhouse_stopped")


def _open_engine(config: ServerConfig) -> Engine:
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(config.temporary, ignore_errors=True)
    config.temporary.mkdir(mode=0o700, parents=True)
    file = config.temporary / "engine.xml"
    engine_config.write(file, config.memory_mb, config.temporary)
    return Engine(config.data, file)


async def _run(
    config: ServerConfig, engine: Engine, sockets: list[socket.socket], metrics: MetricsSink
) -> None:
    execution = Execution(
        engine, QueryPool("inserts", INSERTS_RUNNING, INSERTS_WAITING), config.temporary, metrics
    )
    listeners = {
        config.port: _operators_listener(config),
        config.analyst_port: _analysts_listener(config, engine),
    }
    server = _Server(
        uvicorn.Config(
            HttpApp(execution, listeners, metrics, config.display_name),
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
        for listener in listeners.values():  # so that a stop waits for inserts only
            listener.registry.cancel_all()
        # Last: if the supervisor was killed nobody reads the log, and this raises.
        log.info("clickhouse_stopping", signal=number.name)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await server.serve(sockets=sockets)


def _operators_listener(config: ServerConfig) -> Listener:
    own = limits.operators(config.memory_mb, config.request_bytes)
    return Listener(
        own,
        QueryPool("queries", own.running, own.waiting),
        BodyMemory(OPERATOR_BODIES * own.request_bytes),
        credentials=config.operator,
    )


def _analysts_listener(config: ServerConfig, engine: Engine) -> Listener:
    own = limits.analysts(config.memory_mb, config.published)
    return Listener(
        own,
        QueryPool("analysts", own.running, own.waiting),
        BodyMemory(ANALYST_BODIES * own.request_bytes),
        policy=Policy(engine, own.settings, config.published),
        seconds=_ANALYST_SECONDS,
        credentials=config.analyst,
    )


def _listen(port: int) -> socket.socket:
    # asyncio sends small answers at once (TCP_NODELAY) only if the protocol is named: without it
    # every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener
