"""The real process, as the package starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_process import ServerProcess, free_base, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("clickhouse")
    with running(ServerProcess(home, free_base())) as server:
        for database in ("tutti", "marts", "open"):
            server.sql(f"CREATE DATABASE {database} ENGINE = Atomic")
        yield server
        assert server.stop() == 0


@pytest.fixture
def table(server: ServerProcess) -> Iterator[str]:
    server.sql("CREATE TABLE tutti.t (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    yield "tutti.t"
    server.sql("DROP TABLE tutti.t SYNC")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that the test may kill."""
    with running(ServerProcess(tmp_path, free_base())) as server:
        yield server
