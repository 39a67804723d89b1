from dataclasses import replace

import numpy as np
from conversations import read_conversation, simulated
from places import FIXTURES

from operators.core.groups.disagreement import component_shares
from operators.core.groups.partition import grouped
from operators.core.groups.significance import (
    HOLDS_MS,
    MIN_DEVIATIONS,
    RUNS,
    Noise,
    Threshold,
    dimensions,
    separate,
)


def lines(conversation):
    opinions, noise = conversation.opinions(), Noise()
    while not noise.add(opinions, now_ms=0):
        pass
    return dimensions(component_shares(opinions, grouped(opinions)), noise.threshold)


def test_people_disagree_in_all_public_conversations(shared_data):
    for name in ("scoop-hivemind.taxes", "scoop-hivemind.biodiversity", "london.youth.policing"):
        assert lines(read_conversation(shared_data / "polis" / name)) >= 1, name


def test_people_disagree_in_the_invented_export():
    assert lines(read_conversation(FIXTURES / "polis")) >= 1


def test_independent_votes_are_hardly_ever_disagreement():
    found = sum(lines(simulated(seed, people=60, proposals=20, camps=1)) > 0 for seed in range(20))
    assert found <= 1


def test_one_odd_deal_does_not_decide():
    """Of 19 deals one is as great as what is tested; the greatest of them would hide it."""
    usual = [0.1 + 0.001 * (n % 3) for n in range(RUNS - 1)]
    odd = [*usual, 0.13]
    threshold = Threshold(float(np.mean(odd)), float(np.std(odd, ddof=1)), 9, 0)
    assert dimensions(np.array([0.135, 0.1]), threshold) == 1
    assert max(odd) > threshold.mean


def test_components_count_from_the_first_until_one_is_chance():
    threshold = Threshold(0.1, 0.01, 9, 0)
    above, below = threshold.share + 0.01, threshold.share - 0.01
    for shares, expected in (
        ([below, above], 0),
        ([above, below, above], 1),
        ([above, above, above], 3),
    ):
        assert dimensions(np.array(shares), threshold) == expected
    assert threshold.share == 0.1 + MIN_DEVIATIONS * 0.01


def test_nothing_is_disagreement_before_it_is_tested():
    assert dimensions(np.array([0.99]), None) is None


def test_a_gap_needs_people_and_width():
    assert separate(0.1, 100)
    assert not separate(0.1, 25)
    assert not separate(0.029, 100_000)


def test_a_threshold_holds_for_an_hour_or_until_ballots_double():
    noise = Noise(Threshold(0.4, 0.01, ballots=100, at_ms=1_000))
    assert not noise.due(199, 1_000 + HOLDS_MS - 1)
    assert noise.due(200, 2_000)
    assert noise.due(100, 1_000 + HOLDS_MS)
    assert Noise().due(1, 0)


def test_the_former_threshold_holds_while_a_new_one_is_sought():
    opinions = simulated(6, people=40, proposals=12, camps=1).opinions()
    former = Threshold(0.9, 0.1, ballots=1, at_ms=0)
    noise = Noise(former)
    for _ in range(RUNS - 1):
        assert not noise.add(opinions, now_ms=5)
        assert noise.threshold == former
        assert noise.unfinished
        assert noise.due(1, 5)
    assert noise.add(opinions, now_ms=7)
    found = noise.threshold
    assert (found.ballots, found.at_ms) == (len(opinions.votes), 7)
    assert not noise.due(len(opinions.votes), 8)
    again = Noise()
    while not again.add(opinions, now_ms=9):
        pass
    assert again.threshold == replace(found, at_ms=9)


def test_noise_takes_nineteen_deals():
    assert RUNS == 19
