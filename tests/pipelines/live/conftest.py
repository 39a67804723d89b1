"""One live service for a module's tests; who changes its rows begins an edition."""

from collections.abc import Iterator

import pytest
from live_rows import Site, serving


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(live_names="vote.example", live_embedders="https://paper.example") as made:
        yield made
