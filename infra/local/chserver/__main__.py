"""Start the server: ``python -m infra.local.chserver``."""

import sys

import structlog

from infra.local.chserver.errors import QueryError
from infra.local.chserver.serve import Place, serve
from infra.settings import Settings


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
    place = Place(
        folder=settings.home / "clickhouse",
        temporary=settings.home / "tmp" / "clickhouse",
        port=settings.clickhouse_port,
        analyst_port=settings.analyst_port,
        memory_mb=settings.clickhouse_memory_mb,
    )
    try:
        serve(place)
    except (QueryError, OSError) as error:
        structlog.get_logger(__name__).error("clickhouse_cannot_start", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
