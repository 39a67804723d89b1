import numpy as np
import pytest
from statsmodels.stats.proportion import proportions_ztest

from operators.core.groups.representatives import (
    one_proportion_test,
    representativeness,
    two_proportions_test,
)


def test_the_tests_are_those_of_statsmodels_with_one_more_ballot_that_agrees():
    random = np.random.default_rng(0)
    for _ in range(200):
        seen, others_seen = (int(n) for n in random.integers(1, 300, 2))
        count, others = int(random.integers(0, seen)), int(random.integers(0, others_seen + 1))
        z, _ = proportions_ztest([count + 1, others + 1], [seen + 1, others_seen + 1])
        assert two_proportions_test(count, others, seen, others_seen) == pytest.approx(z, rel=1e-9)
        z, _ = proportions_ztest(count + 1, seen + 1, value=0.5, prop_var=0.5)
        assert one_proportion_test(count, seen) == pytest.approx(z, rel=1e-9)


def test_where_everybody_agrees_nobody_is_represented():
    assert two_proportions_test(10, 20, 10, 20) == 0
    assert not representativeness((10, 0, 10), (20, 0, 20)).significant


def test_a_group_may_be_represented_by_what_it_opposes():
    found = representativeness((2, 16, 20), (30, 4, 40))
    assert (found.side, found.significant) == ("disagree", True)
    assert found.p == 17 / 22
    assert found.repness == pytest.approx((17 / 22) / (5 / 42))


def test_being_different_without_a_majority_is_not_enough():
    assert not representativeness((8, 2, 20), (2, 2, 60)).significant
