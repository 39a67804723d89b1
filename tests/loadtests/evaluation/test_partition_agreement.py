"""Figures of partitions, against scikit-learn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from loadtests.evaluation.partition_agreement import agree


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=60))
def test_the_figures_are_scikit_learn_s(pairs) -> None:
    given, found = zip(*pairs, strict=True)
    if len(set(given)) > 1 or len(set(found)) > 1:
        ours = agree(given, found)
        assert ours.nmi == pytest.approx(normalized_mutual_info_score(given, found), abs=1e-9)
        assert ours.rand == pytest.approx(adjusted_rand_score(given, found), abs=1e-9)


def test_b_cubed_of_bagga_and_baldwin_s_example() -> None:
    given = [1] * 5 + [2] * 2 + [3] * 5
    assert agree(given, [1] * 5 + [2] * 7).b_cubed == pytest.approx(2 * 0.762 / 1.762, abs=1e-3)
    assert agree(given, given).b_cubed == 1
