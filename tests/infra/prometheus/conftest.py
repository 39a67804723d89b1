"""Debian's Prometheus, where it is installed."""

import shutil

import pytest


@pytest.fixture(scope="session")
def promtool() -> str:
    found = shutil.which("promtool")
    if not found:
        pytest.skip("needs Debian's package prometheus")
    return found
