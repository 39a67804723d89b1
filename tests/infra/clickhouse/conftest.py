"""ClickHouse for tests of what reads and writes its tables, and servers that a test may kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_process import TuttiServerProcess, free_base, running
from clickhouse_server import show_epoch
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Epoch 1 is active; each test has a consultation of its own."""
    with ready_clickhouse(tmp_path_factory.mktemp("tables")) as settings:
        client = connect(settings)
        show_epoch(client)
        yield client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TuttiServerProcess]:
    """The local server as the stack starts it."""
    home = tmp_path_factory.mktemp("clickhouse")
    with running(TuttiServerProcess(home, free_base())) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[TuttiServerProcess]:
    """A server that the test may kill."""
    with running(TuttiServerProcess(tmp_path, free_base())) as server:
        yield server
