"""The embedded engine: one per process and data folder, one connection per request.

A connection costs about a millisecond, runs beside the others and inherits nothing; a shared one
would serialise everything and keep every `SET` and `USE` for the next client.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from infra.chdb_http.errors import BAD_ARGUMENTS, ENGINE_ERRORS, engine_error, refusal

# They stand in a statement without quotes.
_NAME = re.compile(r"[A-Za-z0-9_.]+")

MERGES: Final = "MergeMutate"
"""What the engine names its threads that merge."""
NICE: Final = 10
"""Of merges: inserts and queries come first. With all cores busy, a tenth of one is left to each
of these threads, so parts cannot pile up."""


def quote(text: str) -> str:
    r"""A string literal of ClickHouse.

    >>> quote("it's")
    "'it\\'s'"
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    r"""A name as an identifier of ClickHouse.

    >>> identifier("it`s")
    '`it\\`s`'
    """
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


class Engine:
    """The opened data folder.

    Args:
        folder: the data, owned by one process at a time.
        config: the engine's own configuration file (`engine_config.write`).
    """

    def __init__(self, folder: Path, config: Path) -> None:
        # The engine takes its time zone from the process, once, while it is loaded.
        os.environ["TZ"] = "UTC"
        # Of its own zones there is one spelling each; of a machine's files there are endless ones.
        os.environ["TZDIR"] = "/nonexistent"
        import chdb  # noqa: PLC0415 - 550 MB of engine, and only after the time zone is set

        self._chdb = chdb
        self._address = f"{folder}?config-file={config}"
        # Held open: the engine shuts down with its last connection.
        self._anchor = self._open()
        self._let_merges_wait()
        self.version, self.timezone = self.rows("SELECT version(), timezone()")[0]

    def _open(self) -> Any:
        try:
            return self._chdb.connect(self._address)
        except ENGINE_ERRORS as error:
            raise engine_error(error) from None

    def _let_merges_wait(self) -> None:
        """The engine's own setting for this needs a capability and has no effect in chdb."""
        with self.connection({}) as connection:  # a first table starts the threads
            connection.query("CREATE TEMPORARY TABLE first (n Int8) ENGINE = MergeTree ORDER BY n")
        nice = max(NICE, os.getpriority(os.PRIO_PROCESS, 0))  # less needs a privilege
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):  # it has ended meanwhile
                if (thread / "comm").read_text().strip() == MERGES:
                    os.setpriority(os.PRIO_PROCESS, int(thread.name), nice)

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """The rows of a small query of this server's own, every column as text."""
        with self.connection({}) as connection:
            lines = connection.query(sql, "TSVRaw").bytes().decode().splitlines()
        return [tuple(line.split("\t")) for line in lines]

    def time_zones(self) -> frozenset[str]:
        """Names of the zones that it has."""
        return frozenset(name for (name,) in self.rows("SELECT time_zone FROM system.time_zones"))

    @contextmanager
    def connection(self, settings: Mapping[str, str], database: str = "") -> Iterator[Any]:
        """A clean connection with these settings, closed afterwards.

        Raises:
            QueryError: a setting or the database does not exist.
        """
        connection = self.open(settings, database)
        try:
            yield connection
        finally:
            connection.close()

    def open(self, settings: Mapping[str, str], database: str = "") -> Any:
        """As `connection`, for a result that outlives the call; the caller closes it."""
        connection = self._open()
        try:
            _prepare(connection, settings, database)
        except BaseException:
            connection.close()
            raise
        return connection

    def kill(self, query_tag: str) -> None:
        """Cancel the queries whose `log_comment` is this tag; harmless if there is none."""
        with self.connection({}) as connection:
            connection.query(f"KILL QUERY WHERE Settings['log_comment'] = {quote(query_tag)} ASYNC")

    def close(self) -> None:
        """Shut the engine down: its parts are on disk, its lock is released."""
        self._anchor.close()


def _prepare(connection: Any, settings: Mapping[str, str], database: str) -> None:
    """Give a new connection its database and settings, in this order (`readonly` comes last)."""
    try:
        if database:
            connection.query(f"USE {identifier(database)}")
        if settings:
            if not all(map(_NAME.fullmatch, settings)):
                raise refusal(BAD_ARGUMENTS, "A setting or a parameter has a name that is none")
            pairs = ", ".join(f"{name} = {quote(value)}" for name, value in settings.items())
            connection.query(f"SET {pairs}")
    except ENGINE_ERRORS as error:
        raise engine_error(error) from None
