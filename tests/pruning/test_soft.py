"""Filters that come and go while a network trains."""

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.models.config import NanoBConfig
from ffkeras.pruning.dimensions import GROUPS
from ffkeras.pruning.soft import SoftPrunedFeatherFace
from ffkeras.pruning.wrappers import SPARK, scaling_layer
from tests.models.networks import lively_network, random_images
from tests.pruning.maps import map_of

RAMP, FREQUENCY = 4, 2
DIMENSION = "backbone.blocks.12.pointwise"
BARE = NanoBConfig(
    attention=False, scale_decoupling=False, mse_fpn=False, assn=False, context=False, pyramid_layers=1
)  # quick to train a step
SLOW = pytest.mark.slow


def soft_network(rates, soft=True, network=BARE):
    model = lively_network(network)
    widths = map_of(network).widths(rates)
    return SoftPrunedFeatherFace(model, widths, RAMP, FREQUENCY, soft), widths


def train(soft, steps, rate=1e-3):
    images = tf.constant(random_images(64, 64))
    if not rate:  # then gradients would change nothing, and take most of the time
        for _ in range(steps):
            soft(images, training=True)
        return
    optimizer = keras.optimizers.SGD(rate)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = sum(tf.reduce_mean(values**2) for values in soft(images, training=True).values())
        variables = soft.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def silent_filters(soft, name=DIMENSION):
    return int((soft.map[name].producers[0].norm.gamma.numpy() == 0).sum())


def make_outstanding(soft, unit, name=DIMENSION):
    """Give a unit a filter that is far from all others."""
    kernel = soft.map[name].producers[0].layer.kernel
    values = kernel.numpy()
    values[..., unit] = 100.0
    kernel.assign(values)


def test_the_share_rises_over_the_ramp_to_what_was_asked():
    soft, widths = soft_network({"backbone/32": 0.5})
    kept = []
    for _ in range(RAMP):
        train(soft, 1, rate=0.0)
        kept.append(soft.kept().get(DIMENSION, np.ones(256)).sum())
    assert kept[0] == 256 and kept[0] > kept[1] > kept[3] == widths[DIMENSION] == 128
    assert kept[1] == 256 - round(128 * (1 - 0.5**3))  # the polynomial's third power, half-way


def test_pruned_filters_learn_again_between_choices():
    soft, _ = soft_network({"backbone/32": 0.5})
    train(soft, FREQUENCY, rate=0.0)
    chosen = silent_filters(soft)
    assert chosen > 0
    train(soft, 1)
    assert silent_filters(soft) < chosen


def test_after_the_ramp_the_choice_is_held():
    soft, _ = soft_network({"backbone/32": 0.5})
    train(soft, RAMP, rate=0.0)
    kept = soft.kept()[DIMENSION]
    make_outstanding(soft, np.flatnonzero(~kept)[0])
    train(soft, 2 * FREQUENCY)
    train(soft, 1, rate=0.0)  # the last gradient has moved scales: they are put back before the next one
    np.testing.assert_array_equal(soft.kept()[DIMENSION], kept)
    assert silent_filters(soft) == 128


@pytest.mark.parametrize("is_soft", [True, False])
def test_a_filter_returns_to_soft_masks_and_never_to_hard_ones(is_soft):
    soft, widths = soft_network({"backbone/32": 0.5}, soft=is_soft)
    train(soft, FREQUENCY, rate=0.0)
    unit = np.flatnonzero(~soft.kept()[DIMENSION])[0]
    make_outstanding(soft, unit)
    train(soft, RAMP - FREQUENCY, rate=0.0)
    kept = soft.kept()[DIMENSION]
    assert kept[unit] == is_soft
    assert kept.sum() == widths[DIMENSION]


def test_hard_masks_hold_between_choices():
    soft, _ = soft_network({"backbone/32": 0.5}, soft=False)
    train(soft, FREQUENCY)
    train(soft, 1, rate=0.0)
    assert silent_filters(soft) == (~soft.kept()[DIMENSION]).sum()


@pytest.mark.parametrize("is_soft", [True, False])
def test_masks_are_the_same_in_a_traced_step(is_soft):
    soft, widths = soft_network({"backbone/32": 0.5}, soft=is_soft)
    images = random_images()
    traced = tf.function(lambda: soft(images, training=True))
    for _ in range(RAMP):
        traced()
    assert soft.kept()[DIMENSION].sum() == widths[DIMENSION]
    assert silent_filters(soft) == (~soft.kept()[DIMENSION]).sum()


def test_coupled_layers_lose_the_same_filters_and_their_shifts():
    soft, _ = soft_network(dict.fromkeys(GROUPS, 0.5))
    train(soft, RAMP, rate=0.0)
    for dimension in soft.map.dimensions:
        kept = soft.kept()[dimension.name]
        for producer in dimension.producers:
            dead = producer.filters[~kept].ravel()
            for weight in scaling_layer(producer).trainable_weights:
                np.testing.assert_allclose(weight.numpy()[..., dead], 0, atol=SPARK)


@pytest.mark.parametrize("network", ["nano_b", pytest.param("v2_ultra", marks=SLOW), pytest.param("v1", marks=SLOW)])
def test_masked_and_removed_networks_agree_and_have_the_widths_asked_for(network):
    soft, widths = soft_network(dict.fromkeys(GROUPS, 0.4), network=network)
    train(soft, RAMP)
    kept = soft.kept()
    assert {name: int(mask.sum()) for name, mask in kept.items()} == {
        name: width for name, width in widths.items() if width < soft.map[name].size
    }
    images = random_images()
    masked, removed = soft.masked(kept)(images), soft.removed(kept)(images)
    for name in masked:
        np.testing.assert_allclose(masked[name], removed[name], atol=1e-4)


def test_without_rates_training_is_that_of_the_network_alone():
    soft, _ = soft_network({})
    images = random_images()
    for name, values in soft(images, training=True).items():
        np.testing.assert_allclose(values, soft.network(images, training=True)[name], rtol=1e-4, atol=1e-5)
    assert soft.kept() == {}


def test_every_weight_of_the_network_gets_a_gradient():
    soft, _ = soft_network({"backbone/32": 0.5})
    assert {id(v) for v in soft.trainable_variables} == {id(v) for v in soft.network.trainable_variables}
    with tf.GradientTape() as tape:
        loss = sum(tf.reduce_sum(values) for values in soft(random_images(), training=True).values())
    assert all(gradient is not None for gradient in tape.gradient(loss, soft.trainable_variables))


def test_restart_puts_weights_and_filters_back():
    soft, widths = soft_network({"backbone/32": 0.5})
    train(soft, RAMP)
    soft.restart(lively_network(BARE))
    assert soft.kept() == {} and int(soft.pruned_steps) == 0
    for mine, fresh in zip(soft.network.get_weights(), lively_network(BARE).get_weights(), strict=True):
        np.testing.assert_array_equal(mine, fresh)
    soft.set_widths({DIMENSION: 64})
    train(soft, RAMP, rate=0.0)
    assert {name: mask.sum() for name, mask in soft.kept().items()} == {DIMENSION: 64}


def test_a_checkpoint_holds_masks_and_steps(tmp_path):
    soft, _ = soft_network({"backbone/32": 0.5})
    train(soft, RAMP)
    path = tf.train.Checkpoint(model=soft).write(str(tmp_path / "state"))
    other = soft.copy()
    tf.train.Checkpoint(model=other).read(path).assert_existing_objects_matched()
    assert int(other.pruned_steps) == RAMP
    np.testing.assert_array_equal(other.kept()[DIMENSION], soft.kept()[DIMENSION])
