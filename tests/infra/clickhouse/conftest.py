"""One ClickHouse for all tests of what reads and writes the internal tables."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import show_epoch

from infra.clickhouse.client import connect
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Epoch 1 is active; each test has a consultation of its own."""
    with ephemeral_clickhouse(tmp_path_factory.mktemp("clickhouse")) as settings:
        client = connect(settings)
        show_epoch(client)
        yield client
