import numpy as np
import pytest

from ffkeras.geometry import similarity

POINTS = np.array([[0, 0], [10, 1], [4, 7], [2, 12]], np.float32)


def test_turn_scale_and_shift_are_found():
    expected = np.array([[0.6 * 1.5, -0.8 * 1.5, 20], [0.8 * 1.5, 0.6 * 1.5, -3]])
    target = POINTS @ expected[:, :2].T + expected[:, 2]
    np.testing.assert_allclose(similarity(POINTS, target), expected, atol=1e-5)


def test_a_mirror_image_is_only_turned():
    matrix = similarity(POINTS, POINTS * (-1, 1))
    assert np.linalg.det(matrix[:, :2]) > 0


def test_it_is_the_best_one():
    target = POINTS + np.random.default_rng(0).normal(size=POINTS.shape)

    def loss(matrix):
        return np.sum((POINTS @ matrix[:, :2].T + matrix[:, 2] - target) ** 2)

    best = similarity(POINTS, target)
    for a, b, x, y in np.random.default_rng(1).normal(scale=0.01, size=(50, 4)):
        assert loss(best) <= loss(best + np.array([[a, -b, x], [b, a, y]]))


@pytest.mark.parametrize("points", [np.ones((5, 2)), np.full((5, 2), np.nan)])
def test_points_without_a_direction_are_refused(points):
    with pytest.raises(ValueError, match="no direction"):
        similarity(points, np.arange(10).reshape(5, 2))
