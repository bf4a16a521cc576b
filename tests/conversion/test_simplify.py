import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

from networks import lively_network, random_images

from ffkeras.backend import tf
from ffkeras.conversion.simplify import STEPS, join_class_logits, simplify
from ffkeras.layers import OUTPUTS
from ffkeras.models import BackboneConfig, NanoBConfig, V1Config, V2UltraConfig
from ffkeras.models.saving import load_run, save_run
from ffkeras.training.losses import multibox_loss

ODD_WIDTHS = BackboneConfig(widths=(5, 9, 13, 17, 21, 27, 33, 41, 47, 50, 50, 50, 61, 87))
CONFIGS = {
    "v1": V1Config(),
    "v2_ultra": V2UltraConfig(),
    "v2_ultra without a trunk": V2UltraConfig(backbone=ODD_WIDTHS, trunk_channels=0),
    "nano_b": NanoBConfig(),
    "nano_b of odd widths": NanoBConfig(backbone=ODD_WIDTHS, pyramid_channels=28, pyramid_layers=1),
}


@pytest.fixture(params=CONFIGS)
def model(request):
    return lively_network(CONFIGS[request.param])


def largest_difference(first, second):
    """Of two networks' outputs relative to their size; of classes, the face's probability."""
    x = random_images()
    a, b = first(x), second(x)
    columns = b["classification"].shape[-1]
    a["classification"] = a["classification"][..., -columns:]
    return max(np.abs(a[name] - b[name]).max() / max(1, np.abs(a[name]).max()) for name in OUTPUTS)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_leaves_the_outputs_as_they_are(model, step):
    assert largest_difference(model, STEPS[step](model)) < 1e-6


def test_a_simplified_network_gives_the_same_outputs_and_cannot_be_simplified_further(model):
    simplified = simplify(model)
    assert simplified.config == dataclasses.replace(model.config, shuffle_groups=1, class_logits=1)
    assert largest_difference(model, simplified) < 1e-6
    again = simplify(simplified)
    assert again.config == simplified.config
    for a, b in zip(again.get_weights(), simplified.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_given_network_is_left_alone(model):
    before = model.get_weights()
    simplify(model)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_simplified_network_survives_saving(model, tmp_path):
    simplified = simplify(model)
    save_run(simplified, tmp_path)
    loaded = load_run(tmp_path)
    assert loaded.config == simplified.config
    assert largest_difference(simplified, loaded) == 0


def test_one_class_logit_learns_as_two_do():
    pair = lively_network("nano_b")
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
