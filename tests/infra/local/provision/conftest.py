"""A checkout that is set up, and the PATH that it sees."""

from pathlib import Path

import pytest
from small_checkouts import small_checkout

from infra.local.provision import product
from infra.local.provision.checkout import Checkout


@pytest.fixture(autouse=True)
def no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others have written need not reach the disk for our tests."""
    monkeypatch.setattr(product.os, "sync", lambda: None)


@pytest.fixture
def here(tmp_path: Path) -> Checkout:
    return small_checkout(tmp_path)


@pytest.fixture
def tools(here: Checkout) -> Path:
    """The folder in which alone programs are found."""
    return Path(here.env["PATH"])
