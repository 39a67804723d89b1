"""Fixtures of the whole suite."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from places import CHECKOUT
from ready_clickhouse import forget_the_made_one

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
