"""Start a server: ``python -m infra.chdb_http --data FOLDER --port 8123 --analyst-port 8124``."""

import argparse
import sys
from pathlib import Path

import structlog

from infra.chdb_http.config import ServerConfig
from infra.chdb_http.credentials import Credentials
from infra.chdb_http.errors import CannotServeError
from infra.chdb_http.server import serve


def main() -> int:
    """Serve until told to stop; the exit code."""
    given = _arguments().parse_args()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        serve(
            ServerConfig(
                data=given.data,
                temporary=given.temporary or given.data.with_name(f"{given.data.name}.tmp"),
                port=given.port,
                analyst_port=given.analyst_port,
                memory_mb=given.memory_mb,
                published=tuple(given.publish),
                operator=_credentials(given.user, given.password_file),
                analyst=_credentials(given.analyst_user, given.analyst_password_file),
            )
        )
    except (CannotServeError, OSError) as error:
        structlog.get_logger(__name__).error("clickhouse_cannot_start", reason=str(error))
        return 1
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chdb_http", description="ClickHouse on one machine.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument("--temporary", type=Path, help="folder of temporary files, emptied first")
    parser.add_argument("--port", type=int, default=8123, help="of operators")
    parser.add_argument("--analyst-port", type=int, default=8124, help="of analysts, read-only")
    parser.add_argument("--memory-mb", type=int, default=3072, help="memory of the engine, MiB")
    parser.add_argument(
        "--publish", action="append", default=[], metavar="DATABASE", help="analysts may read it"
    )
    parser.add_argument("--user", default="default", help="name of the operator")
    parser.add_argument("--password-file", type=Path, help="its one line is the password")
    parser.add_argument("--analyst-user", default="default", help="name of the analyst")
    parser.add_argument("--analyst-password-file", type=Path, help="its one line is the password")
    return parser


def _credentials(user: str, file: Path | None) -> Credentials | None:
    return Credentials(user, file.read_text().removesuffix("\n")) if file else None


if __name__ == "__main__":
    sys.exit(main())
