"""A ClickHouse for each file of tests of views; each test uses a consultation of its own."""

from collections.abc import Callable, Iterator

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import show_epoch
from grouped import Stopwatch, work
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.config.settings import Settings
from pipelines.groups.grouping import Grouping


@pytest.fixture(scope="module")
def clickhouse_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with ready_clickhouse(tmp_path_factory.mktemp("clickhouse")) as settings:
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
