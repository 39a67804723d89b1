import numpy as np
import pytest

from operators.core.groups.consensus import group_consensus


def covered(rates, sizes, seed, runs=1_000):
    """How often the intervals hold the true gic and bridging."""
    random = np.random.default_rng(seed)
    gic = np.prod([rate[0] for rate in rates])
    bridging = np.prod([rate[0] * (1 - rate[1]) for rate in rates]) ** (1 / len(rates))
    inside = np.zeros(2)
    for _ in range(runs):
        draws = [random.multinomial(n, rate) for n, rate in zip(sizes, rates, strict=True)]
        found = group_consensus([(int(a), int(d), int(a + d + u)) for a, d, u in draws])
        inside += (
            found.gic.low <= gic <= found.gic.high,
            found.bridging.low <= bridging <= found.bridging.high,
        )
    return inside / runs


@pytest.mark.parametrize(
    ("rates", "sizes"),
    [
        ([(0.7, 0.2, 0.1), (0.4, 0.5, 0.1)], [50, 50]),
        ([(0.8, 0.1, 0.1), (0.6, 0.1, 0.3), (0.5, 0.3, 0.2)], [400, 60, 25]),
        ([(0.55, 0.35, 0.1)] * 5, [30] * 5),
    ],
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(rates, sizes):
    inside = covered(rates, sizes, seed=0)
    assert (inside >= 0.92).all(), inside
    assert (inside <= 0.995).all(), inside


def test_a_group_with_few_ballots_leaves_it_unknown():
    assert group_consensus([(4, 0, 4), (90, 5, 100)]) is None
    assert group_consensus([(4, 0, 5), (90, 5, 100)]) is not None


def test_one_group_is_no_consensus_between_groups():
    assert group_consensus([(90, 5, 100)]) is None


def test_a_large_group_does_not_outvote_a_small_one():
    opposed = group_consensus([(99_000, 500, 100_000), (1, 19, 20)])
    agreed = group_consensus([(70_000, 20_000, 100_000), (14, 4, 20)])
    assert opposed.gic.value < 0.1 < agreed.gic.value
    assert opposed.bridging.value < agreed.bridging.value
    assert opposed.group_spread > 0.8 > agreed.group_spread
