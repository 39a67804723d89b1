"""A consultation is left alone for some times as long as its run took."""

import pytest

from pipelines.groups.cooldown import COOLDOWN_PER_RUN, MIN_COOLDOWN_MS, next_ms


@pytest.mark.parametrize("run_ms", [0, 1, 100, MIN_COOLDOWN_MS // COOLDOWN_PER_RUN])
def test_a_short_run_is_followed_by_the_shortest_pause(run_ms):
    assert next_ms(1_000, 1_000 + run_ms) == 1_000 + run_ms + MIN_COOLDOWN_MS


@pytest.mark.parametrize("run_ms", [1_000, 5_000, 600_000])
def test_a_long_run_takes_a_tenth_of_the_time_at_most(run_ms):
    again = next_ms(1_000, 1_000 + run_ms)
    assert run_ms / (again - 1_000) <= 1 / 10
