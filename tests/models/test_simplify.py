import dataclasses
import functools
import json

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.layers import OUTPUTS
from ffkeras.models import BackboneConfig, NanoBConfig, V1Config, V2UltraConfig
from ffkeras.models.saving import load_run, save_run
from ffkeras.models.simplify import STEPS, join_class_logits, simplify
from ffkeras.training.losses import multibox_loss
from tests.models.networks import lively_network, random_images

ODD_WIDTHS = BackboneConfig(widths=(5, 9, 13, 17, 21, 27, 33, 41, 47, 50, 50, 50, 61, 87))
NANO_B = NanoBConfig(pyramid_layers=1)
CONFIGS = {
    "v1": V1Config(pyramid_layers=1, context="standard"),
    "v2_ultra": V2UltraConfig(pyramid_layers=1),
    "v2_ultra of odd widths, without a trunk": V2UltraConfig(backbone=ODD_WIDTHS, pyramid_layers=1, trunk_channels=0),
    "nano_b of odd widths": NanoBConfig(backbone=ODD_WIDTHS, pyramid_channels=28, pyramid_layers=1),
}


@pytest.fixture(params=CONFIGS)
def config(request):
    return CONFIGS[request.param]


@pytest.fixture
def model(config):
    return lively_network(config)


@pytest.fixture
def simplified(config):
    return simplified_network(config)


@functools.cache
def simplified_network(config):
    return simplify(lively_network(config))


@functools.cache
def outputs_of(config):
    return lively_network(config)(random_images())


def largest_difference(before, model):
    """From outputs to those of a network, relative to their size; of classes, the face's probability."""
    after = model(random_images())
    columns = after["classification"].shape[-1]
    before = before | {"classification": before["classification"][..., -columns:]}
    return max(np.abs(before[name] - after[name]).max() / max(1, np.abs(before[name]).max()) for name in OUTPUTS)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_leaves_the_outputs_as_they_are(config, model, step):
    assert largest_difference(outputs_of(config), STEPS[step](model)) < 1e-6


def test_a_simplified_network_gives_the_same_outputs(config, simplified):
    assert simplified.config == dataclasses.replace(config, shuffle_groups=1, class_logits=1)
    assert largest_difference(outputs_of(config), simplified) < 1e-6


def test_what_is_simple_already_is_copied():
    simple = simplified_network(NANO_B)
    again = simplify(simple)
    assert again is not simple
    assert again.config == simple.config
    for a, b in zip(again.get_weights(), simple.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_given_network_is_left_alone():
    network = lively_network(NANO_B)
    before = network.get_weights()
    simplify(network)
    for a, b in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_simplified_network_survives_saving(config, simplified, tmp_path):
    save_run(simplified, tmp_path)
    loaded = load_run(tmp_path)
    assert loaded.config == simplified.config
    for a, b in zip(loaded.get_weights(), simplified.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_run_saved_before_networks_could_have_one_logit_has_two(tmp_path):
    save_run(lively_network(NANO_B), tmp_path)
    values = json.loads((tmp_path / "model.json").read_text())
    del values["class_logits"]
    (tmp_path / "model.json").write_text(json.dumps(values))
    assert load_run(tmp_path).config == NANO_B


def test_one_class_logit_learns_as_two_do():
    pair = lively_network(NANO_B)
    joined = join_class_logits(pair)
    rng = np.random.default_rng(1)
    anchors = pair(random_images())["bbox_regression"].shape[1]
    label = rng.choice([-1, 0, 1], (2, anchors), p=[0.1, 0.8, 0.1]).astype(np.int32)
    targets = {
        "label": tf.constant(label),
        "has_landmarks": tf.constant(label == 1),
        "box": tf.constant(rng.normal(size=(2, anchors, 4)), tf.float32),
        "landmarks": tf.constant(rng.normal(size=(2, anchors, 10)), tf.float32),
    }

    def gradients(model):
        with tf.GradientTape() as tape:
            loss = multibox_loss(model(random_images(), training=True), targets)["loss"]
        return loss, tape.gradient(loss, model.trainable_weights)

    before, after = (model.get_weights() for model in (pair, joined))
    (loss_of_pair, of_pair), (loss_of_one, of_one) = gradients(pair), gradients(joined)
    pair.set_weights(before), joined.set_weights(after)
    assert loss_of_one.numpy() == pytest.approx(loss_of_pair.numpy(), rel=1e-5)
    for one, two in zip(of_one, of_pair, strict=True):
        two = two if one.shape == two.shape else two[..., 1::2]  # the face's part of the pair
        assert np.abs(one - two).max() <= 1e-4 * max(1, np.abs(two).max())
