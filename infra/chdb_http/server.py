"""The process: two ports with an event loop each, and an orderly end."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import structlog
import uvicorn

from infra.chdb_http import engine_config, limits
from infra.chdb_http.app import HttpApp
from infra.chdb_http.body import BodyMemory
from infra.chdb_http.browser_guard import ANSWER_HEADERS
from infra.chdb_http.config import ServerConfig
from infra.chdb_http.confinement import confine
from infra.chdb_http.connection import MAX_CONNECTIONS, LimitedConnection
from infra.chdb_http.engine import Engine, identifier
from infra.chdb_http.errors import CannotServeError, QueryError
from infra.chdb_http.execution import Execution
from infra.chdb_http.listener import Listener
from infra.chdb_http.metrics import MetricsSink, NoMetrics
from infra.chdb_http.policy.policy import AnalystPolicy, OperatorPolicy
from infra.chdb_http.query_pool import QueryPool

log = structlog.get_logger(__name__)
_STOP_SECONDS = 30
_IDLE_SECONDS = 120
_ANALYST_SECONDS = 60
# While threads look at statements, the event loop gets its turn after so long, and not after 5 ms:
# an insert needs a dozen turns.
_SWITCH_SECONDS = 0.0005
# Drivers put parameters and the head of an INSERT into the URL.
HEAD_BYTES = 256 * 1024
# How many bodies of the largest size may be held at a time. Analysts' are small: each connection
# may hold one as sent, unpacked, and out of its blocks. Were there room for fewer, who never ends
# one would keep all others out without filling the port, where who dawdles gives way.
OPERATOR_BODIES, ANALYST_BODIES = 2, 3 * MAX_CONNECTIONS
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
    sys.setswitchinterval(_SWITCH_SECONDS)
    log.info("clickhouse_ready", version=engine.version, port=config.port)
    try:
        ports = [
            _port(listener, bound, config, engine, metrics or NoMetrics())
            for listener, bound in zip(
                (_operators_listener(config, engine), _analysts_listener(config, engine)),
                sockets,
                strict=True,
            )
        ]
        asyncio.run(_run(*ports))
    finally:
        engine.close()
        log.info("clickhouse_stopped")


def _open_engine(config: ServerConfig) -> Engine:
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(config.temporary, ignore_errors=True)
    config.temporary.mkdir(mode=0o700, parents=True)
    os.environ["TMPDIR"] = str(
        config.temporary.resolve()
    )  # the engine makes a folder while it is loaded
    confine(config)  # before the engine starts its threads
    file = config.temporary / "engine.xml"
    engine_config.write(file, config.memory_mb, config.temporary)
    engine = Engine(config.data, file)
    engine.rows(
        f"CREATE DATABASE IF NOT EXISTS {identifier(config.default_database)} ENGINE = Atomic"
    )
    return engine


class _Port:
    """One port with an event loop of its own, so that none waits for the requests of the other.

    Args:
        listener: what its clients may use.
        app: answers them.
        bound: the socket on which it listens.
    """

    def __init__(self, listener: Listener, app: HttpApp, bound: socket.socket) -> None:
        self._listener = listener
        bound.listen()  # whoever finds one port finds the other
        self._bound = bound
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = threading.Event()
        self._server = _Server(
            uvicorn.Config(
                app,
                http=LimitedConnection,
                ws="none",
                headers=list(ANSWER_HEADERS.items()),
                h11_max_incomplete_event_size=HEAD_BYTES,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )

    async def serve(self) -> None:
        """Answer requests until told to stop."""
        self._loop = asyncio.get_running_loop()
        if not self._stopped.is_set():
            await self._server.serve(sockets=[self._bound])

    def stop(self) -> None:
        """Accept nothing more, cancel queries, wait for inserts only; from any thread."""
        self._stopped.set()
        self._server.should_exit = True
        if self._loop:
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._listener.registry.cancel_all)


async def _run(operators: _Port, analysts: _Port) -> None:
    def serve_analysts() -> None:
        try:
            asyncio.run(analysts.serve())
        finally:
            operators.stop()

    def stop(number: signal.Signals) -> None:
        operators.stop()
        analysts.stop()
        # Last: if the supervisor was killed nobody reads the log, and this raises.
        log.info("clickhouse_stopping", signal=number.name)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    thread = threading.Thread(target=serve_analysts, name="analysts-loop")
    thread.start()
    try:
        await operators.serve()
    finally:
        analysts.stop()
        await asyncio.to_thread(thread.join)


def _port(
    listener: Listener,
    bound: socket.socket,
    config: ServerConfig,
    engine: Engine,
    metrics: MetricsSink,
) -> _Port:
    inserts = QueryPool("inserts", INSERTS_RUNNING, INSERTS_WAITING)
    execution = Execution(engine, inserts, config.temporary, metrics)
    return _Port(listener, HttpApp(execution, listener, metrics, config.display_name), bound)


def _operators_listener(config: ServerConfig, engine: Engine) -> Listener:
    own = limits.operators(config.memory_mb, config.request_bytes)
    return Listener(
        own,
        QueryPool("queries", own.running, own.waiting),
        BodyMemory(OPERATOR_BODIES * own.request_bytes),
        OperatorPolicy(engine, own.settings, config.default_database),
        credentials=config.operator,
    )


def _analysts_listener(config: ServerConfig, engine: Engine) -> Listener:
    own = limits.analysts(config.memory_mb, config.published)
    return Listener(
        own,
        QueryPool("analysts", own.running, own.waiting),
        BodyMemory(ANALYST_BODIES * own.request_bytes),
        AnalystPolicy(engine, own.settings, config.published),
        analysts=True,
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
