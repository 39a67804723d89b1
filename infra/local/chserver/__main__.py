"""Start the server: ``python -m infra.local.chserver``."""

import sys
from pathlib import Path

import structlog

from infra.config.secrets import read_secret
from infra.config.settings import Settings
from infra.local.chserver.errors import QueryError
from infra.local.chserver.login import Login
from infra.local.chserver.serve import Place, serve
from operators.core.errors import TerminalError


def main() -> int:
    """Read the settings and serve until told to stop."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    settings = Settings()
    try:
        operator = _login(settings.clickhouse_user, settings.clickhouse_password_file, "CLICKHOUSE")
        analyst = _login(settings.analyst_user, settings.analyst_password_file, "ANALYST")
    except TerminalError as error:
        structlog.get_logger(__name__).error("clickhouse_cannot_start", reason=str(error))
        return 1
    place = Place(
        folder=settings.home / "clickhouse",
        temporary=settings.home / "tmp" / "clickhouse",
        port=settings.clickhouse_port,
        analyst_port=settings.analyst_port,
        memory_mb=settings.clickhouse_memory_mb,
        operator=operator,
        analyst=analyst,
    )
    try:
        serve(place)
    except (QueryError, OSError) as error:
        structlog.get_logger(__name__).error("clickhouse_cannot_start", reason=str(error))
        return 1
    return 0


def _login(user: str, file: Path | None, who: str) -> Login | None:
    if file is None:
        return None
    return Login(user, read_secret(file, f"TUTTI_{who}_PASSWORD_FILE"))


if __name__ == "__main__":
    sys.exit(main())
