import numpy as np
import pytest
from conversations import Conversation

from loadtests.evaluation.group_cases import simulate
from operators.core.groups.partition import grouped
from operators.core.groups.projection import project
from operators.core.groups.separation import MAX_PLACES, gap, places
from operators.core.groups.significance import separate


def is_separate(opinions):
    members = grouped(opinions)
    return separate(gap(places(opinions, members)), len(members))


@pytest.mark.parametrize("seed", [3, 4, 6])
def test_camps_are_apart_and_a_continuum_is_not(seed):
    assert is_separate(simulate("two camps", seed).opinions)
    assert not is_separate(simulate("continuum", seed).opinions)


def test_people_with_few_ballots_do_not_fill_the_gap():
    """On the map they are drawn to the middle."""
    random = np.random.default_rng(1)
    ballots = {
        (str(n), f"p-{p}"): int((1 if (n % 2) ^ (p % 2) else -1) * random.choice([1] * 9 + [-1]))
        for n in range(200)
        for p in random.permutation(60)[: 8 + n % 53]
    }
    opinions = Conversation(ballots, set(), {}).opinions()
    members = grouped(opinions)
    assert gap(places(opinions, members)) > 1.2 * gap(project(opinions)[members])


def test_a_gap_is_seen_from_any_side():
    random = np.random.default_rng(4)
    points = random.normal(0, 1, (400, 2)) + np.repeat([[0, 0], [6, 0]], 200, axis=0)
    for angle in np.linspace(0, np.pi, 7):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert gap(points @ turn) == pytest.approx(gap(points), rel=0.1)


def test_of_many_people_an_even_choice_is_looked_at():
    random = np.random.default_rng(4)
    points = random.normal(0, 1, (5 * MAX_PLACES, 2)) + random.choice([0, 4], (5 * MAX_PLACES, 1))
    assert gap(points) == pytest.approx(gap(points[: 2 * MAX_PLACES]), abs=0.02)


def test_nobody_has_no_gap():
    assert gap(np.empty((0, 2))) == 0
