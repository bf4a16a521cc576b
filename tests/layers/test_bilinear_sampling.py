import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.layers.bilinear_sampling import sample_bilinear

HEIGHT, WIDTH = 6, 9


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(0).normal(size=(2, HEIGHT, WIDTH, 5)), tf.float32)


def spread(whole):
    """Positions inside the map, at its edges and far outside."""
    positions = np.random.default_rng(1).uniform(-4, 13, size=(2, 400, 2)).astype(np.float32)
    return tf.constant(np.round(positions) if whole else positions)


@pytest.mark.parametrize("whole", [False, True])
def test_both_forms_give_the_same_samples(x, whole):
    cropped = sample_bilinear(x, spread(whole))
    gathered = sample_bilinear(x, spread(whole), gathered=True)
    np.testing.assert_allclose(cropped, gathered, atol=1e-5)
    assert np.abs(gathered).max() > 1


@pytest.mark.parametrize("whole", [False, True])
def test_both_forms_have_the_same_gradients_also_at_whole_pixels(x, whole):
    """At whole pixels, where a fresh deformable convolution looks, zero slopes would keep its offsets from learning."""
    positions = spread(whole)
    inside = tf.reduce_all((positions > -1) & (positions < (HEIGHT, WIDTH)), axis=-1)
    positions = tf.where(inside[..., None], positions, 2.5)
    upstream = tf.random.stateless_normal((2, 400, 5), (0, 1))

    def gradients(gathered):
        with tf.GradientTape() as tape:
            tape.watch([x, positions])
            total = tf.reduce_sum(sample_bilinear(x, positions, gathered) * upstream)
        return [gradient.numpy() for gradient in tape.gradient(total, [x, positions])]

    cropped, gathered = gradients(False), gradients(True)
    for mine, wanted in zip(cropped, gathered, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-2, atol=1e-2)
        assert np.abs(wanted).max() > 1


def test_positions_far_outside_are_zeros(x):
    far = tf.constant([[[-1e6, 2.0], [1e30, -1e30], [-1.0, 3.0], [HEIGHT, 3.0]]] * 2, tf.float32)
    np.testing.assert_array_equal(sample_bilinear(x, far), 0.0)
