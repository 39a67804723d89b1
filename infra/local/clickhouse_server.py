"""The local ClickHouse server: `infra.chdb_http` with tutti's settings, passwords, metrics."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import generate_latest

from infra.chdb_http.config import ServerConfig
from infra.chdb_http.credentials import Credentials
from infra.chdb_http.errors import CannotServeError
from infra.chdb_http.server import serve
from infra.config.secrets import make_clickhouse_password, read_secret
from infra.config.settings import Settings
from infra.service.metrics import (
    CLICKHOUSE,
    CLICKHOUSE_FAILED,
    CLICKHOUSE_MEMORY,
    CLICKHOUSE_REQUESTS,
    CLICKHOUSE_RUNNING,
)
from operators.core.errors import TerminalError

PUBLISHED = ("marts", "open")
"""Databases that analysts read; an unqualified name is one of `marts`."""


def main() -> int:
    """Read the settings and serve until told to stop; the exit code."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        run(Settings())
    except TerminalError as error:
        structlog.get_logger(__name__).error("clickhouse_cannot_start", reason=str(error))
        return 1
    return 0


def run(settings: Settings) -> None:
    """Serve until told to stop.

    Raises:
        TerminalError: A password cannot be read, or the server cannot start.
    """
    try:
        serve(server_config(settings), PrometheusSink())
    except (CannotServeError, OSError) as error:
        raise TerminalError(str(error)) from None


def server_config(settings: Settings) -> ServerConfig:
    """The server's configuration; the operators' password is made if there is none.

    Raises:
        TerminalError: A password cannot be read.
    """
    return ServerConfig(
        data=settings.home / "clickhouse",
        temporary=settings.home / "tmp" / "clickhouse",
        port=settings.clickhouse_port,
        analyst_port=settings.analyst_port,
        memory_mb=settings.clickhouse_memory_mb,
        published=PUBLISHED,
        operator=Credentials(settings.clickhouse_user, make_clickhouse_password(settings)),
        analyst=_analyst(settings),
        display_name="tutti",
    )


def _analyst(settings: Settings) -> Credentials | None:
    file = settings.analyst_password_file
    if file is None:
        return None
    return Credentials(settings.analyst_user, read_secret(file, "TUTTI_ANALYST_PASSWORD_FILE"))


class PrometheusSink:
    """The server's measurements as metrics of tutti."""

    @contextmanager
    def request(self, pool: str) -> Iterator[None]:
        """Measure one request."""
        with (
            CLICKHOUSE_REQUESTS.labels(pool).time(),
            CLICKHOUSE_RUNNING.labels(pool).track_inprogress(),
        ):
            yield

    def failed(self, pool: str, code: int) -> None:
        """Count a refused or failed request."""
        CLICKHOUSE_FAILED.labels(pool, code).inc()

    def memory(self, *, tracked: int, resident: int) -> None:
        """Keep what is used now."""
        CLICKHOUSE_MEMORY.labels("tracked").set(tracked)
        CLICKHOUSE_MEMORY.labels("resident").set(resident)

    def exposition(self) -> bytes:
        """All of it, in Prometheus's format."""
        return generate_latest(CLICKHOUSE.registry)


if __name__ == "__main__":
    sys.exit(main())
