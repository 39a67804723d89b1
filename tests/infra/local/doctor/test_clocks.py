"""Clocks that differ much are a problem, a little are none."""

import pytest

from infra.local.doctor.clocks import compare_clock


@pytest.mark.parametrize(
    ("ahead_ms", "level"), [(0, "ok"), (-900, "ok"), (1_500, "warning"), (-90_000, "problem")]
)
def test_clocks_that_differ(ahead_ms, level):
    assert compare_clock("broker", ahead_ms).level == level
