import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.layers import BiFPN, FastFusion
from ffkeras.layers.zero_padded_pooling import ZeroPaddedPooling

WIDTHS = (6, 10, 14)
CHANNELS = 8


@pytest.fixture
def levels():
    rng = np.random.default_rng(3)
    sizes = ((8, 16), (4, 8), (2, 4))
    return [tf.constant(rng.normal(size=(2, *s, c)), tf.float32) for s, c in zip(sizes, WIDTHS, strict=True)]


def shapes(levels):
    return [tuple(x.shape) for x in levels]


def count(layer):
    return sum(int(np.prod(w.shape)) for w in layer.trainable_weights)


@pytest.mark.parametrize("as_published", [False, True])
def test_every_level_keeps_its_size_and_takes_the_pyramids_width(levels, as_published):
    pyramid = BiFPN(CHANNELS, 2, "swish", share_convolution=False, as_published=as_published)
    assert shapes(pyramid(levels)) == [(2, 8, 16, CHANNELS), (2, 4, 8, CHANNELS), (2, 2, 4, CHANNELS)]


def test_a_layer_that_shares_its_convolution_has_a_quarter_of_the_weights(levels):
    own, shared = (BiFPN(CHANNELS, 1, "relu6", share_convolution=share) for share in (False, True))
    own(levels), shared(levels)
    node = 9 * CHANNELS + CHANNELS**2 + 2 * CHANNELS
    assert count(own) - count(shared) == 3 * node


def test_second_laterals_serve_the_bottom_up_path_only(levels):
    pyramid = BiFPN(CHANNELS, 1, "swish", share_convolution=False, as_published=True)
    before = pyramid(levels)
    for lateral in pyramid.bottom_up_laterals:
        lateral.norm.gamma.assign_add(tf.ones(CHANNELS))
    p3, p4, p5 = (float(tf.reduce_max(tf.abs(a - b))) for a, b in zip(before, pyramid(levels), strict=True))
    assert p3 == 0
    assert p4 > 0
    assert p5 > 0


def test_published_pooling_sees_zeros_at_the_bottom_and_right():
    x = -tf.ones((1, 4, 6, 1))
    pooled = ZeroPaddedPooling()(x)[0, ..., 0].numpy()
    np.testing.assert_array_equal(pooled, [[-1, -1, 0], [0, 0, 0]])


def test_fusion_is_normalised_and_drops_negative_weights():
    fuse = FastFusion(3)
    maps = [tf.fill((1, 2, 2, 1), value) for value in (1.0, 10.0, 100.0)]
    fuse(maps)
    fuse.fusion_weights.assign([1.0, -5.0, 3.0])
    np.testing.assert_allclose(fuse(maps), (1 + 3 * 100) / (4 + 1e-4) * np.ones((1, 2, 2, 1)), rtol=1e-6)


def test_an_idle_weight_still_counts_in_the_sum():
    fuse = FastFusion(3)
    maps = [tf.fill((1, 2, 2, 1), value) for value in (1.0, 10.0)]
    np.testing.assert_allclose(fuse(maps), 11 / (3 + 1e-4) * np.ones((1, 2, 2, 1)), rtol=1e-6)
