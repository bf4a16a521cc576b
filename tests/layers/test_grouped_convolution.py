import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.layers.convolution import Conv2D

GROUPS = 4


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(5).normal(size=(2, 6, 9, 16)), tf.float32)


@pytest.fixture
def layer(x):
    layer = Conv2D(8, 3, padding="same", groups=GROUPS)
    layer(x)
    return layer


def by_groups(x, layer):
    """Split, convolve, concatenate."""
    parts = tf.split(x, GROUPS, axis=-1)
    kernels = tf.split(layer.kernel, GROUPS, axis=-1)
    return tf.concat([tf.nn.conv2d(a, b, 1, "SAME") for a, b in zip(parts, kernels, strict=True)], axis=-1)


def test_training_form_is_the_convolution_of_each_group(x, layer):
    np.testing.assert_allclose(layer(x), by_groups(x, layer), atol=1e-5)


def test_training_form_equals_the_native_operation(x, layer):
    trained = layer(x)
    native = layer(x, native_groups=True)
    np.testing.assert_allclose(trained, native, atol=1e-5)


def test_gradient_of_the_kernel_is_that_of_the_groups(x, layer):
    with tf.GradientTape(persistent=True) as tape:
        ours = tf.reduce_sum(layer(x) ** 2)
        expected = tf.reduce_sum(by_groups(x, layer) ** 2)
    actual = tape.gradient(ours, layer.kernel)
    np.testing.assert_allclose(actual, tape.gradient(expected, layer.kernel), rtol=1e-4, atol=1e-4)


def operations(layer, shape, **arguments):
    graph = tf.function(lambda x: layer(x, **arguments)).get_concrete_function(tf.TensorSpec(shape)).graph
    return {operation.type for operation in graph.get_operations()}


def test_native_operations_are_traced_where_they_are_asked_for(x, layer):
    assert "Tile" in operations(layer, x.shape)
    assert "Tile" not in operations(layer, x.shape, native_groups=True)


def test_keras_own_convolution_is_left_alone():
    own = keras.layers.Conv2D
    assert own.call.__module__.startswith("tf_keras")
    assert own._jit_compiled_convolution_op.__wrapped__.__module__.startswith("tf_keras")
