"""The local server as the stack starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_process import TuttiServerProcess, free_base, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TuttiServerProcess]:
    home = tmp_path_factory.mktemp("clickhouse")
    with running(TuttiServerProcess(home, free_base())) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[TuttiServerProcess]:
    """A server that the test may kill."""
    with running(TuttiServerProcess(tmp_path, free_base())) as server:
        yield server
