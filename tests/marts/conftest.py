"""A ClickHouse for each file of tests of views; each test uses a consultation of its own."""

from collections.abc import Iterator

import pytest
from clickhouse import show_epoch
from clickhouse_connect.driver.client import Client

from infra.clickhouse import connect
from infra.local.alone import clickhouse_alone
from infra.settings import Settings


@pytest.fixture(scope="module")
def clickhouse_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with clickhouse_alone(tmp_path_factory.mktemp("clickhouse")) as settings:
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
