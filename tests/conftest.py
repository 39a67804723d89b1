"""Fixtures of the whole suite."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from places import CHECKOUT
from ready_clickhouse import forget_the_made_one

from infra.clickhouse.client import connect
from infra.config.settings import Settings

# The same examples in every run: a red test is red again. To look for new ones, and for longer:
# pytest --hypothesis-profile=explore
# No deadlines: machines are busy.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile("repeatable")

# What a shell starts in the background ignores Ctrl-C, and so do all its children: `make test` does
# that, and commands under test would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing is judged by its time: where all cores are taken, an answer of a second takes minutes.
connect.__kwdefaults__["timeout_s"] = 600

DEFAULT_BASE = Settings.model_fields["port_base"].default


def stays_away_from_the_default_ports(event: str, found: tuple[Any, ...]) -> None:
    """Raise where a test talks to the ports of a tutti that somebody may be using.

    Raises:
        AssertionError: The address is one of them.
    """
    if event != "socket.connect" or not isinstance(address := found[1], tuple):
        return
    assert address[1] not in range(DEFAULT_BASE, DEFAULT_BASE + 11), f"a test asks {address}"


sys.addaudithook(stays_away_from_the_default_ports)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real consultations, beside the checkout or at TUTTI_SHARED_DATA; they are not part of it."""
    folder = Path(os.environ.get("TUTTI_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real consultations of shared/data are not here; fixtures cover the same")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium. Of a module: while it runs, this thread has an event loop already."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("Chromium is not here: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


def pytest_sessionfinish() -> None:
    """Leave no folders: workers of xdist end without atexit."""
    forget_the_made_one()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of skipped tests also when it is none."""
    skipped = len(terminalreporter.stats.get("skipped", []))
    terminalreporter.write_line(f"skipped: {skipped}")
