"""Our 1x1 convolution trains as Keras' own does, and is Keras' own where nothing is trained."""

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.layers.convolution import Conv2D


def with_gradients(layer, x, **arguments):
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, **arguments)
        loss = tf.reduce_sum(tf.sin(outputs))
    return [outputs, *tape.gradient(loss, [x, *layer.trainable_variables])]


def both(filters, kernel_size, **arguments):
    """Our layer and Keras', with the same weights."""
    ours, keras_own = Conv2D(filters, kernel_size, **arguments), keras.layers.Conv2D(filters, kernel_size, **arguments)
    for layer in (ours, keras_own):
        layer.build((None, None, None, 8))
    keras_own.set_weights([np.random.default_rng(1).normal(size=weight.shape) for weight in ours.get_weights()])
    ours.set_weights(keras_own.get_weights())
    return ours, keras_own


@pytest.mark.parametrize("activation", [None, "relu"])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize(("kernel_size", "strides", "groups"), [(1, 1, 1), (1, 2, 1), (1, 1, 2), (3, 1, 1)])
def test_outputs_and_gradients_are_those_of_keras(kernel_size, strides, groups, use_bias, activation):
    arguments = {"strides": strides, "groups": groups, "use_bias": use_bias, "activation": activation}
    ours, keras_own = both(6, kernel_size, padding="same", **arguments)
    x = tf.random.stateless_normal((3, 7, 5, 8), (1, 2))
    expected = with_gradients(keras_own, x)
    for mine, theirs in zip(with_gradients(ours, x, training=True), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


def test_a_map_of_unknown_size_trains_too():
    ours, keras_own = both(6, 1)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 8))])
    def of_kernel(x):
        return tf.gradients(tf.reduce_sum(tf.sin(ours(x, training=True))), ours.kernel)

    x = tf.random.stateless_normal((2, 5, 4, 8), (1, 2))
    np.testing.assert_allclose(of_kernel(x)[0], with_gradients(keras_own, x)[2], rtol=1e-4, atol=1e-4)


def test_in_inference_the_graph_is_that_of_keras():
    ours, keras_own = both(6, 1)
    of_layers = [
        [operation.type for operation in tf.function(layer).get_concrete_function(spec).graph.get_operations()]
        for layer in (ours, keras_own)
        for spec in [tf.TensorSpec((1, 4, 4, 8))]
    ]
    assert of_layers[0] == of_layers[1]
