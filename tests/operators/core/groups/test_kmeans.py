import numpy as np
from sklearn.cluster import KMeans

from operators.core.groups.kmeans import kmeans


def squares(points, weights, labels, centres):
    return (weights * ((points - centres[labels]) ** 2).sum(axis=1)).sum()


def test_clusters_are_nearly_as_tight_as_the_best_of_many_starts():
    random = np.random.default_rng(0)
    for k in (2, 3, 4, 5):
        points = random.normal(size=(100, 2)) + random.choice([-3, 3], size=(100, 2))
        weights = random.integers(1, 50, 100).astype(float)
        labels, centres = kmeans(points, weights, k)
        best = KMeans(k, n_init=50, random_state=0).fit(points, sample_weight=weights)
        assert squares(points, weights, labels, centres) <= 1.15 * best.inertia_


def test_a_weight_counts_as_so_many_points():
    random = np.random.default_rng(1)
    points = random.normal(size=(60, 2))
    weights = random.integers(1, 4, 60)
    labels, centres = kmeans(points, weights.astype(float), 3)
    repeated, same_centres = kmeans(np.repeat(points, weights, axis=0), np.ones(weights.sum()), 3)
    assert np.array_equal(np.repeat(labels, weights), repeated)
    assert np.allclose(centres, same_centres)


def test_equal_points_are_one_cluster():
    points = np.repeat([[0.1, 0.3], [0.7, 0.3]], 50, axis=0)
    labels, centres = kmeans(points, np.ones(100), 10)
    assert len(centres) == 2
    assert len(set(labels[:50])) == len(set(labels[50:])) == 1


def test_equal_points_whose_mean_is_rounded_to_either_side_are_one_part():
    dice = np.random.default_rng(3)
    sides = set()
    for value in dice.random(2000):
        points = np.column_stack([np.full(7, value), np.zeros(7)])
        sides.add(np.sign(np.average(points[:, 0], weights=np.ones(7)) - value))
        labels, centres = kmeans(points, np.ones(7), 3)
        assert (labels.max(), len(centres)) == (0, 1)
    assert sides == {-1, 0, 1}, "the examples must show both"
