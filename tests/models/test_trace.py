"""A network run as a list of calls computes, and learns, what the network does."""

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.layers import BatchNorm
from tests.models.networks import lively_network, random_images

NETWORKS = ("v1", "v2_ultra", "nano_b")


@pytest.fixture(params=NETWORKS)
def model(request):
    return lively_network(request.param).copy()


def test_every_call_comes_after_what_it_needs_and_those_of_a_layer_in_their_turn(model):
    flat = model.flat()
    for network in (flat, flat.in_turn()):
        assert all(source < position for position, call in enumerate(network.calls) for source in call.sources)
    turns: dict[int, list[int]] = {}
    for call in flat.in_turn().calls:
        turns.setdefault(id(call.layer), []).append(call.turn)
    assert all(mine == list(range(len(mine))) for mine in turns.values())
    if model.name == "v2_ultra":
        assert max(map(len, turns.values())) > 1


def test_training_moves_the_statistics_as_the_nested_network_does(model):
    """Keras passes `training` on through the blocks; several levels share a normalisation, whose statistics follow them
    one after the other."""
    nested, images = model.copy(), random_images()
    expected, given = nested(images, training=True), model.train_forward(images)
    for name, values in expected.items():
        np.testing.assert_allclose(given[name], values, rtol=1e-5, atol=1e-5 * np.abs(values).max())
    for mine, theirs in zip(model.weights, nested.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_frozen_normalisation_is_that_of_inference_and_learns_all_but_its_statistics(model):
    images = random_images()
    norms = [layer for layer in model.submodules if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms and all(isinstance(norm, BatchNorm) for norm in norms)
    before = [norm.moving_mean.numpy() for norm in norms]
    with tf.GradientTape() as tape:
        outputs = model.train_forward(images, frozen_norm=True)
        loss = tf.add_n([tf.reduce_sum(value**2) for value in outputs.values()])
    for name, values in model.forward(images).items():
        np.testing.assert_allclose(outputs[name], values, rtol=1e-4, atol=1e-4 * np.abs(values).max())
    assert all(gradient is not None for gradient in tape.gradient(loss, [norm.gamma for norm in norms]))
    for norm, mean in zip(norms, before, strict=True):
        np.testing.assert_array_equal(norm.moving_mean, mean)
