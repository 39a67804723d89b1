"""The operator page over rows of a ClickHouse, and over values as they were read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from operator_rows import evening
from operator_site import OperatorSite, canned_site

CHROMIUM = Path("/usr/bin/chromium")


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


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()
