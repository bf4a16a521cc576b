"""Layers in XLA's forms compute what Keras' own do."""

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.stablehlo.forms import XLA
from tests.models.networks import lively_network, random_images


def in_xla_form(layer):
    return lambda x: XLA[type(layer)](layer, x)


def with_gradients(layer, x, call=None):
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.sin((call or layer)(x)))
    return tape.gradient(loss, [x, *layer.trainable_variables])


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (5, 6)])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("use_bias", [True, False])
def test_shifted_products_are_a_depthwise_convolution(size, padding, strides, use_bias):
    layer = keras.layers.DepthwiseConv2D(3, strides, padding=padding, use_bias=use_bias, bias_initializer="ones")
    x = tf.random.stateless_normal((2, *size, 5), (1, 2))
    expected, gradients = layer(x), with_gradients(layer, x)
    shifted = in_xla_form(layer)
    np.testing.assert_allclose(shifted(x), expected, atol=1e-5)
    for mine, theirs in zip(with_gradients(layer, x, shifted), gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_repetition_is_nearest_upsampling():
    layer = keras.layers.UpSampling2D((2, 3))
    x = tf.random.stateless_normal((2, 3, 4, 5), (1, 2))
    expected, gradients = layer(x), with_gradients(layer, x)
    repeated = in_xla_form(layer)
    np.testing.assert_array_equal(repeated(x), expected)
    np.testing.assert_allclose(with_gradients(layer, x, repeated)[0], gradients[0], atol=1e-6)


@pytest.mark.parametrize("network", ["nano_b", "v1"])
def test_a_whole_network_is_the_same(network):
    model, images = lively_network(network), random_images(64, 64)
    expected = model(images)
    for name, values in model.flat().run(images, XLA).items():
        np.testing.assert_allclose(values, expected[name], atol=2e-3)
