"""Training on any number of channels is Keras' BatchNormalization in all that it computes and keeps."""

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.layers import BatchNorm, batch_norm

SETTINGS = {"momentum": 0.9, "epsilon": 1e-3}


def make_pair(channels: int) -> tuple[BatchNorm, keras.layers.BatchNormalization]:
    """Ours and Keras' layer with the same weights, none of them trivial."""
    ours, theirs = BatchNorm(**SETTINGS), keras.layers.BatchNormalization(**SETTINGS)
    rng = np.random.default_rng(channels)
    weights = [rng.uniform(0.5, 2, channels).astype(np.float32) for _ in range(4)]
    for layer in (ours, theirs):
        layer.build((None, None, None, channels))
        layer.set_weights(weights)
    return ours, theirs


def train(layer, x, **arguments):
    """The outputs, and the gradients of a loss that depends on every one of them."""
    weights = np.random.default_rng(9).normal(size=x.shape).astype(np.float32)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, **arguments)
            loss = tf.reduce_sum(weights * outputs**2)
        return outputs, tape.gradient(loss, [x, layer.gamma, layer.beta])

    return step(x)


def assert_same(ours, theirs, scale: float = 1.0):
    """Equal within what the order of float sums changes."""
    for a, b in zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * scale * float(tf.reduce_max(tf.abs(b))))


@pytest.mark.parametrize("shape", [(3, 7, 5, 13), (2, 4, 6, 1), (4, 1, 1, 27), (2, 8, 8, 16), (16, 40, 40, 47)])
def test_training_is_keras_own(shape):
    x = tf.constant(np.random.default_rng(0).normal(3, 2, shape), tf.float32)
    ours, theirs = make_pair(shape[-1])
    assert_same(train(ours, x, training=True), train(theirs, x, training=True))
    assert_same(ours.get_weights(), theirs.get_weights())
    assert not np.allclose(ours.moving_mean, make_pair(shape[-1])[0].moving_mean), "the statistics were kept"


@pytest.mark.parametrize("channels", [13, 16])
def test_frozen_training_is_keras_inference(channels):
    x = tf.constant(np.random.default_rng(1).normal(3, 2, (3, 7, 5, channels)), tf.float32)
    ours, theirs = make_pair(channels)
    result = train(ours, x, training=True, frozen=True)
    assert_same(result, train(theirs, x, training=False))
    assert_same(ours.get_weights(), make_pair(channels)[0].get_weights())


def test_frozen_layers_keep_their_statistics():
    x = tf.constant(np.random.default_rng(3).normal(size=(2, 4, 4, 5)), tf.float32)
    ours, theirs = make_pair(5)
    ours.trainable = theirs.trainable = False
    np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), atol=1e-5)
    assert_same(ours.get_weights(), make_pair(5)[0].get_weights())


def test_a_map_of_unknown_width_trains_too():
    ours, theirs = make_pair(5)
    x = np.random.default_rng(4).normal(size=(2, 4, 4, 5)).astype(np.float32)
    step = tf.function(lambda x: ours(x, training=True), input_signature=[tf.TensorSpec((None, None, None, 5))])
    np.testing.assert_allclose(step(x), theirs(x, training=True), atol=1e-5)


def test_inference_is_one_operation_that_converters_know():
    layer, _ = make_pair(5)
    graph = tf.function(layer, input_signature=[tf.TensorSpec((1, 4, 4, 5))]).get_concrete_function().graph
    assert [op.type for op in graph.get_operations() if "BatchNorm" in op.type] == ["FusedBatchNormV3"]


@pytest.mark.parametrize(("shape", "offset"), [((3, 7, 5, 13), 0), ((2, 8, 8, 16), 0), ((2, 8, 8, 16), 30)])
def test_processes_that_share_a_batch_train_as_one_on_the_whole(shape, offset, monkeypatch):
    """Two processes with the same half: what each adds to a sum is half of it."""
    monkeypatch.setattr(batch_norm, "replica_count", lambda: 2)
    monkeypatch.setattr(batch_norm, "sum_over_replicas", lambda value: 2 * value)
    monkeypatch.setattr(batch_norm, "gather_over_replicas", lambda value: tf.stack([value, value]))
    half = tf.constant(np.random.default_rng(4).normal(3 + offset, 2, shape), tf.float32)
    ours, theirs = make_pair(shape[-1])
    for layer in (ours, theirs):
        layer.moving_mean.assign_add(tf.fill((shape[-1],), float(offset)))
    outputs, (of_x, of_gamma, of_beta) = train(ours, half, training=True)
    expected, (all_x, all_gamma, all_beta) = train_twice(theirs, half)
    assert_same((outputs, of_x), (expected[: len(half)], all_x[: len(half)]), scale=3)
    assert_same((2 * of_gamma, 2 * of_beta), (all_gamma, all_beta), scale=3)
    assert_same(ours.get_weights(), theirs.get_weights())


def train_twice(layer, half):
    """`train` on a batch that holds everything twice, with the same loss for both."""
    weights = np.random.default_rng(9).normal(size=half.shape).astype(np.float32)
    x = tf.concat([half, half], axis=0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=True)
        loss = tf.reduce_sum(tf.concat([weights, weights], axis=0) * outputs**2)
    return outputs, tape.gradient(loss, [x, layer.gamma, layer.beta])
