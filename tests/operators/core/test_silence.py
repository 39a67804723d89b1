import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.silence import few_by_chance, silent

WINDOW = (5, 55)


@pytest.mark.parametrize(
    ("recent", "before", "expected"),
    [
        (0, 1_100, True),
        (9, 1_100, True),  # a tenth of the hundred that were usual, nearly
        (11, 1_100, False),
        (0, 77, True),  # seven were usual
        (0, 75, False),  # so few may stay away by chance
        (0, 0, False),
        (500, 0, False),
    ],
)
def test_silent_is_what_has_a_tenth_at_most_and_not_by_chance(recent, before, expected):
    assert silent(recent, before, *WINDOW) is expected


def test_a_programme_that_ends_slowly_is_not_silent():
    assert not silent(30, 3_000, *WINDOW)


@given(st.integers(0, 200), st.floats(0, 500))
def test_more_are_never_less_likely(count, expected):
    assert 0 <= few_by_chance(count, expected) <= few_by_chance(count + 1, expected) <= 1
