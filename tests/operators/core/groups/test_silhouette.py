import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from operators.core.groups.silhouette import distances, mean_silhouette


@pytest.mark.parametrize("k", [2, 3, 7, 30])
def test_it_is_that_of_scikit_learn(k):
    random = np.random.default_rng(k)
    points = random.normal(size=(60, 2))
    labels = np.concatenate([np.arange(k), random.integers(0, k, 60 - k)])
    expected = silhouette_score(points, labels)
    assert abs(mean_silhouette(distances(points), labels) - expected) < 1e-12
