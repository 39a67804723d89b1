"""A ClickHouse with something to show on every panel."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_server import show_epoch
from grafana_board import CHOSEN, COUNTRIES, insert_board
from grafana_plugin import with_macros, with_variables
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.config.settings import Settings
from infra.grafana.queries import ClickHouseQuery

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def clickhouse_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with ready_clickhouse(tmp_path_factory.mktemp("grafana")) as settings:
        client = connect(settings)
        show_epoch(client)
        insert_board(client)
        yield settings


@pytest.fixture(scope="session")
def analyst(clickhouse_settings: Settings) -> Client:
    """The analysts' read-only address, where Grafana reads, too."""
    return connect(clickhouse_settings, analyst=True)


@pytest.fixture(scope="session")
def ask(clickhouse_settings: Settings) -> Ask:
    """Ask as a panel does, for one consultation and some countries, without a limit of time."""
    client = connect(clickhouse_settings, timeout_s=300)

    def asked(
        query: ClickHouseQuery, consultation: str = CHOSEN, country: Any = COUNTRIES, **times: int
    ) -> list[dict[str, Any]]:
        chosen = {"consultation": consultation, "country": country}
        sql = with_macros(with_variables(query.sql, chosen), **times)
        return list(client.query(sql).named_results())

    return asked
