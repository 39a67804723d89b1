from collections import Counter

import numpy as np
import pytest
from conversations import Conversation, simulated

from loadtests.evaluation.group_cases import simulate
from operators.core.groups.disagreement import component_shares, dealt, readiness
from operators.core.groups.partition import grouped
from operators.core.groups.significance import Noise, dimensions


def deviations(opinions, neighbours):
    """How far the first component stands above seven deals."""
    members = grouped(opinions)
    noise = [
        component_shares(opinions, members, dealt(opinions, seed, neighbours), 1)[0]
        for seed in range(7)
    ]
    return (component_shares(opinions, members, count=1)[0] - np.mean(noise)) / np.std(noise)


def found(opinions):
    noise = Noise()
    while not noise.add(opinions, now_ms=0):
        pass
    return dimensions(component_shares(opinions, grouped(opinions)), noise.threshold)


def test_readiness_to_agree_is_no_disagreement():
    """Dealt among all voters of a proposal instead, it would look like one."""
    opinions = simulate("yea-sayers", 102).opinions
    assert deviations(opinions, None) > 8
    assert deviations(opinions, 8) < 3


def test_one_person_against_all_others_is_no_dimension():
    """The longest row by far, and still one of 58."""
    opinions = simulate("contrarian", 7).opinions
    assert len(opinions.participants) == 58
    assert found(opinions) == 0


def test_camps_and_a_continuum_are_disagreement():
    assert found(simulate("two camps", 2).opinions) >= 1
    assert found(simulate("continuum", 3).opinions) >= 1


def test_independent_questions_are_dimensions_of_their_own():
    random = np.random.default_rng(2)
    camps = random.choice([-1, 1], (300, 3))
    ballots = {
        (str(n), f"q{axis}-{p}"): int(camps[n, axis] * (-1) ** p * random.choice([1, 1, 1, -1]))
        for n in range(300)
        for axis in range(3)
        for p in range(12)
    }
    assert found(Conversation(ballots, set(), {}).opinions()) == 3


def test_proposals_that_are_left_out_make_no_dimension():
    random = np.random.default_rng(6)
    ballots = {
        (str(n), f"t{p}"): (1 if (n % 2) ^ (p % 2) else -1) for n in range(80) for p in range(10)
    } | {(str(n), f"s{p}"): int(random.choice([-1, 0, 1])) for n in range(80) for p in range(12)}
    meta = {f"t{p}" for p in range(10)}
    assert found(Conversation(ballots, set(), {}).opinions()) >= 1
    assert found(Conversation(ballots, meta, {}).opinions()) == 0


@pytest.mark.parametrize("neighbours", [None, 8])
def test_a_deal_keeps_who_voted_and_each_result_and_is_repeatable(neighbours):
    opinions = simulated(4, people=60, proposals=20, camps=2).opinions()
    votes = dealt(opinions, 3, neighbours)
    assert not np.array_equal(votes, opinions.votes)
    assert np.array_equal(votes, dealt(opinions, 3, neighbours))
    assert Counter(zip(opinions.columns, votes, strict=True)) == Counter(
        zip(opinions.columns, opinions.votes, strict=True)
    )


def test_a_deal_among_neighbours_keeps_who_agrees_readily():
    opinions = simulate("yea-sayers", 4).opinions
    before = readiness(opinions, opinions.centred())
    for neighbours, least, most in ((8, 0.8, 1), (None, -0.3, 0.3)):
        after = readiness(opinions, opinions.centred(dealt(opinions, 1, neighbours)))
        assert least < np.corrcoef(before, after)[0, 1] < most


def test_without_differences_there_is_no_share():
    ballots = {(str(n), f"p-{p}"): 1 for n in range(40) for p in range(9)}
    opinions = Conversation(ballots, set(), {}).opinions()
    assert component_shares(opinions, grouped(opinions)).tolist() == [0] * 5
