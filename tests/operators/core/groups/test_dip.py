import numpy as np
import pytest

from operators.core.groups.dip import dip


@pytest.mark.parametrize(("seed", "expected"), [(0, 0.02795871559633027), (1, 0.03995949074074073)])
def test_the_dip_is_that_of_the_published_program(seed, expected):
    """Computed with the package diptest 0.12.0, which wraps the authors' algorithm."""
    values = np.random.default_rng(seed).normal(size=60).round(3)
    assert dip(np.concatenate([values, values[:20] + 3])) == pytest.approx(expected, abs=1e-12)


def test_two_equal_heaps_have_the_greatest_dip_and_one_heap_none():
    assert dip(np.repeat([0.0, 1.0], 50)) == 0.25
    assert dip(np.repeat([0.0, 1.0], [80, 20])) == pytest.approx(0.1)
    assert dip(np.zeros(100)) == 1 / 200


def test_scale_order_and_side_change_nothing():
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(0, 1, 40), random.normal(4, 1, 30)])
    expected = dip(values)
    assert dip(random.permutation(values)) == expected
    assert dip(values * 7 - 2) == pytest.approx(expected)
    assert dip(-values) == pytest.approx(expected)


def test_one_peak_of_any_shape_dips_little():
    random = np.random.default_rng(5)
    for values in (
        random.normal(size=2_000),
        random.uniform(size=2_000),
        random.gamma(1, 1, 2_000),
    ):
        assert dip(values) < 0.02
