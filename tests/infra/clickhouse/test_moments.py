"""A view of a past moment is the view of now with a parameter."""

from datetime import UTC, datetime

import pytest

from infra.clickhouse.moments import as_of
from infra.clickhouse.views import FROM_THE_SAME_FILE, view_names


def test_without_a_moment_it_is_the_view_of_now():
    assert as_of("marts.leaderboard", None) == "marts.leaderboard"


@pytest.mark.parametrize("view", [name.removesuffix("_at") for name in FROM_THE_SAME_FILE])
def test_with_a_moment_it_is_a_view_that_is_there(view):
    found = as_of(view, datetime(2026, 5, 1, tzinfo=UTC))
    name, _, parameter = found.partition("(")
    assert name in view_names()
    assert parameter == "at = {at:DateTime64(3, 'UTC')})"
