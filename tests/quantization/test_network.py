import json

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.models import NanoBConfig, V2UltraConfig, config_to_json
from ffkeras.models.config import BackboneConfig
from ffkeras.models.saving import CONFIG_FILE, QUANTIZED_FILE, load_run, save_run
from ffkeras.models.simplify import simplify
from ffkeras.quantization.calibration import calibrate_ranges
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.quantization.saving import is_quantized_run, load_quantized, save_quantized
from ffkeras.quantization.scales import LOGIT
from tests.models.networks import lively_network, random_images
from tests.models.odd_networks import ODD_NETWORKS

NETWORKS = {
    "v2_ultra": V2UltraConfig(pyramid_layers=1),
    "nano_b": NanoBConfig(pyramid_layers=1),
    "pruned nano_b": ODD_NETWORKS["nano_b"],
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    quantized = QuantizedFeatherFace(lively_network(NETWORKS[request.param]))
    calibrate_ranges(quantized, [random_images(64, 64)])
    return quantized


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    save_quantized(QuantizedFeatherFace(lively_network(NETWORKS["nano_b"])), folder)
    return folder


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_rounding_keeps_what_the_network_says(network):
    images = random_images(64, 64)
    exact = lively_network(network.config).forward(images)
    rounded = network.forward(images)
    for name, values in exact.items():
        pair = values.numpy().ravel(), rounded[name].numpy().ravel()
        assert not np.array_equal(*pair)
        assert np.corrcoef(*pair)[0, 1] > 0.7, name  # a network of random weights multiplies every error


def test_outputs_are_multiples_of_their_scales(network):
    outputs = network(random_images(64, 64))
    for name, value in network.program.outputs.items():
        low, high = network.ranges.numpy()[network.scales.group_of[value]]
        step = 1 / 256 if name == "classification" else (high - low) / 255
        steps = outputs[name].numpy() / step
        np.testing.assert_allclose(steps, np.round(steps), atol=2e-3)


def test_class_logits_are_not_clipped_in_training():
    quantized = QuantizedFeatherFace(simplify(lively_network(NETWORKS["nano_b"])))
    images = random_images(64, 64)
    calibrate_ranges(quantized, [images])
    for variable in quantized.trainable_variables:
        if "bias" in variable.name and variable.shape == 3:  # the heads of three anchors a cell, among others
            variable.assign(variable + 20)
    assert quantized(images, training=True)["classification"].numpy().max() > LOGIT[1] + 5
    assert quantized(images)["classification"].numpy().max() == pytest.approx(255 / 256, abs=0.01)


def test_every_weight_but_dead_units_learns(network):
    with tf.GradientTape() as tape:
        outputs = network(random_images(64, 64), training=True)
        loss = tf.add_n([tf.reduce_mean(values**2) for values in outputs.values()])
    gradients = tape.gradient(loss, network.trainable_variables)
    missing = [v.name for v, g in zip(network.trainable_variables, gradients, strict=True) if g is None]
    assert not missing
    moving = sum(bool(np.any(gradient.numpy())) for gradient in gradients)
    assert moving > 0.9 * len(gradients)


def test_a_copy_and_a_saved_network_give_the_same(network, tmp_path):
    images = random_images(64, 96)
    expected = network(images)
    assert same(expected, network.copy()(images))
    save_quantized(network, tmp_path)
    assert same(expected, load_quantized(tmp_path)(images))


def test_a_quantized_folder_is_told_from_a_float_one(network, tmp_path):
    save_run(lively_network(network.config), tmp_path / "float")
    save_quantized(network, tmp_path / "quantized")
    assert is_quantized_run(tmp_path / "quantized") and not is_quantized_run(tmp_path / "float")
    with pytest.raises(UserError, match="--quantize"):
        load_quantized(tmp_path / "float")
    with pytest.raises(UserError, match="quantised run"):
        load_run(tmp_path / "quantized")


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"zip" * 99])
def test_damaged_weights_are_named(saved, tmp_path, damage):
    (tmp_path / CONFIG_FILE).write_bytes((saved / CONFIG_FILE).read_bytes())
    (tmp_path / QUANTIZED_FILE).write_bytes(damage((saved / QUANTIZED_FILE).read_bytes()))
    with pytest.raises(UserError, match=QUANTIZED_FILE):
        load_quantized(tmp_path)


def test_weights_of_another_configuration_are_named(saved, tmp_path):
    thin = NanoBConfig(pyramid_layers=1, backbone=BackboneConfig(widths=(8,) * 14))
    (tmp_path / CONFIG_FILE).write_text(json.dumps(config_to_json(thin)))
    (tmp_path / QUANTIZED_FILE).write_bytes((saved / QUANTIZED_FILE).read_bytes())
    with pytest.raises(UserError, match="nano_b configuration"):
        load_quantized(tmp_path)


def test_ranges_need_images(network):
    with pytest.raises(ValueError, match="no batch"):
        calibrate_ranges(network, [])
