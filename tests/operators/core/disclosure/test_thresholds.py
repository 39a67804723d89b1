"""What may be shown of few people."""

import pytest

from operators.core.disclosure.thresholds import (
    MAX_CHANGES_WAITING,
    MAX_WAITING,
    MIN_CHANGED,
    MIN_PEOPLE,
    shows_nobody,
)


@pytest.mark.parametrize("people", range(1, MIN_PEOPLE))
def test_a_number_about_few_people_is_not_shown(people):
    assert not shows_nobody(people)


@pytest.mark.parametrize("people", [0, MIN_PEOPLE, MIN_PEOPLE + 1, 10_000])
def test_nobody_and_many_may_be_shown(people):
    assert shows_nobody(people)


def test_the_published_values_are_the_promised_ones():
    # docs/explain/privacy.md promises them: a change is a decision, not a refactoring.
    assert (MIN_PEOPLE, MIN_CHANGED) == (5, 5)
    assert (MAX_WAITING, MAX_CHANGES_WAITING) == (0.1, 0.01)
