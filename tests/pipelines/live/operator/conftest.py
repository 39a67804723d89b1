"""The operator page over rows of a ClickHouse, and over values as they were read."""

from collections.abc import Iterator

import pytest
from operator_rows import evening
from operator_site import OperatorSite, canned_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorSite]:
    """A television night."""
    with canned_site(tmp_path_factory.mktemp("home"), evening()) as made:
        yield made


@pytest.fixture(scope="module")
def cookie(site: OperatorSite) -> str:
    answer = site.log_in()
    assert answer.status == 303
    return answer.cookie
