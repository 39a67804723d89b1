import numpy as np
import pytest
from conversations import simulated

from operators.core.groups.matrix import Opinions
from operators.core.groups.run import SAMPLE_BALLOTS, find_groups, sample_size, share_error
from operators.core.groups.significance import MIN_DIP


def test_a_run_says_what_both_parts_of_the_verdict_need():
    opinions = simulated(2, people=300, proposals=40, camps=2).opinions()
    found = find_groups(opinions)
    assert found.gap > MIN_DIP
    assert found.shares[0] > found.shares[1]
    assert found.sizes.sum() == len(found.members.people)


def test_the_same_ballots_give_the_same_run_to_the_bit():
    conversation = simulated(5, people=150, proposals=30, camps=2)
    expected = find_groups(conversation.opinions())
    for seed in range(3):
        found = find_groups(conversation.opinions(np.random.default_rng(seed)))
        assert np.array_equal(found.members.people, expected.members.people)
        assert np.array_equal(found.members.ids, expected.members.ids)
        assert found.shares.tolist() == expected.shares.tolist()
        assert found.gap == expected.gap


def test_nobody_is_no_group():
    nothing = np.array([], np.intp)
    opinions = Opinions.of(
        np.array([], "S16"), (), np.array([], np.bool_), nothing, nothing, nothing.astype(np.int8)
    )
    found = find_groups(opinions)
    assert (found.k, found.gap, found.shares.tolist()) == (0, 0.0, [0] * 5)


def test_samples_are_bounded_by_people_and_by_ballots():
    assert sample_size(50, 500) == 50
    assert sample_size(1_000_000, 10_000_000) == 10_000
    assert sample_size(1_000_000, 1_000_000_000) * 1_000 == SAMPLE_BALLOTS


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_shares_of_samples_are_as_right_as_is_said(share):
    """Of 1,000 samples about 50 are further off, where the share is a half; fewer otherwise."""
    random = np.random.default_rng(1)
    people = (np.arange(5_000) < 5_000 * share).astype(float)
    off = [abs(random.choice(people, 400, replace=False).mean() - share) for _ in range(1_000)]
    beyond = np.mean(np.array(off) > share_error(400, 5_000))
    assert beyond <= 0.07
    if share == 0.5:
        assert beyond >= 0.02
