"""A ClickHouse and a live service for each file of tests of the operator page."""

from collections.abc import Iterator

import pytest
from clickhouse_server import show_epoch
from operator_site import OperatorSite, operator_site

from infra.local.ephemeral_clickhouse import ephemeral_clickhouse


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorSite]:
    with (
        ephemeral_clickhouse(tmp_path_factory.mktemp("clickhouse")) as settings,
        operator_site(settings) as made,
    ):
        show_epoch(made.clickhouse)
        yield made


@pytest.fixture(scope="module")
def cookie(site: OperatorSite) -> str:
    answer = site.log_in()
    assert answer.status == 303
    return answer.cookie
