"""A ClickHouse for each file of tests of views; each test uses a consultation of its own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import show_epoch
from grouped import Stopwatch, work

from infra.clickhouse.client import connect
from infra.config.settings import Settings
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse
from pipelines.groups.grouping import Grouping


@pytest.fixture(scope="session")
def with_views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ClickHouse with all tables and views: making them takes three seconds."""
    home = tmp_path_factory.mktemp("clickhouse")
    with ephemeral_clickhouse(home):
        return home


@pytest.fixture(scope="module")
def clickhouse_settings(
    with_views: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("clickhouse")
    shutil.copytree(with_views, home, dirs_exist_ok=True, symlinks=True)
    with ephemeral_clickhouse(home) as settings:
        yield settings


@pytest.fixture(scope="module")
def clickhouse(clickhouse_settings: Settings) -> Client:
    """The operators' address."""
    client = connect(clickhouse_settings)
    show_epoch(client)
    return client


@pytest.fixture(scope="module")
def analyst(clickhouse_settings: Settings) -> Client:
    """The analysts' read-only address."""
    return connect(clickhouse_settings, analyst=True)


@pytest.fixture
def worker(clickhouse: Client) -> Callable[[], None]:
    """Groups whatever is to be grouped."""
    stopwatch = Stopwatch()
    made = Grouping(clickhouse, stopwatch=stopwatch)
    return lambda: work(made, stopwatch)
