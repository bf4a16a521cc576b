import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.errors import UserError
from ffkeras.layers import OUTPUTS
from ffkeras.models import BackboneConfig, NanoBConfig, V1Config, V2UltraConfig, config_from_json, config_to_json
from ffkeras.models.build import build_model
from ffkeras.models.describe import describe
from ffkeras.models.saving import load_run
from ffkeras.models.simplify import fold_shuffle, simplify
from tests.models.networks import count, lively_network, random_images
from tests.models.odd_networks import ODD_NETWORKS, ODD_WIDTHS, SHUFFLED_NETWORKS

RELEASED = Path(__file__).resolve().parents[2] / "tflite" / "models"
NETWORKS = {"v1": V1Config, "v2_ultra": V2UltraConfig, "nano_b": NanoBConfig}
BARE_V2 = dict.fromkeys(
    (
        "backbone_attention",
        "pyramid_attention",
        "smart_feature_reuse",
        "attention_multiplication",
        "dynamic_weight_sharing",
        "context",
    ),
    False,
)
VARIANTS = {
    "v1": V1Config(),
    "v1 without attention": V1Config(attention="none", context="standard"),
    "v2_ultra": V2UltraConfig(),
    "v2_ultra without modules": V2UltraConfig(**BARE_V2, trunk_channels=0),
    "nano_b": NanoBConfig(),
    "nano_b without ASSN": NanoBConfig(assn=False, shuffle_groups=1),
    "nano_b without modules": NanoBConfig(attention=False, scale_decoupling=False, mse_fpn=False, context=False),
    **{f"odd {name}": config for name, config in ODD_NETWORKS.items()},
    **{f"shuffled {name}": config for name, config in SHUFFLED_NETWORKS.items()},
}


def shapes(model):
    return [tuple(weight.shape) for weight in model.weights]


def present_filters(layer):
    return layer.kernel.shape[-1]


@pytest.fixture(params=[pytest.param("v1", marks=pytest.mark.slow), "v2_ultra", "nano_b"])
def odd(request):
    return lively_network(ODD_NETWORKS[request.param])


@pytest.mark.parametrize(
    "name", [name if name in NETWORKS else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS]
)
def test_a_network_of_the_present_widths_is_the_same_network(name):
    model = build_model(VARIANTS[name])
    config = model.resized_config(present_filters)
    assert config == config.explicit() == model.config.explicit()
    again = build_model(config)
    assert shapes(again) == shapes(model)
    again.set_weights(model.get_weights())
    for value, expected in zip(again(random_images()).values(), model(random_images()).values(), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_convolution_but_those_of_fixed_width_can_be_asked_for_fewer_filters(network):
    model = fold_shuffle(build_model(network))
    asked = {}

    def three_quarters(layer):
        groups = getattr(layer, "groups", 1)
        asked[id(layer)] = max(groups, present_filters(layer) * 3 // 4 // groups * groups)
        return asked[id(layer)]

    smaller = build_model(model.resized_config(three_quarters))
    assert count(smaller) < 0.7 * count(model)
    for before, after in zip(model.submodules, smaller.submodules, strict=True):
        if id(before) in asked:
            assert present_filters(after) == asked[id(before)]


def test_groups_that_do_not_divide_are_refused_in_one_sentence():
    with pytest.raises(ValueError, match="context_groups is 4; it should divide .*, 5$"):
        build_model(V2UltraConfig(shuffle_groups=1)).resized_config(lambda layer: 5)


@pytest.mark.parametrize("folder", ["v2_ultra", "nano_b_dense"])
def test_released_configurations_are_read_with_the_specified_widths(folder):
    values = json.loads((RELEASED / folder / "model.json").read_text())
    assert "context_widths" not in values
    config = load_run(RELEASED / folder).config
    assert config == NETWORKS[config.network]()
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config
    assert {key: json.loads(json.dumps(config_to_json(config)))[key] for key in values} == values


@pytest.mark.parametrize("config", [*ODD_NETWORKS.values(), *SHUFFLED_NETWORKS.values()])
def test_widths_come_back_from_json_as_they_were(config):
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config
    hash(config)


def test_written_out_widths_are_those_of_the_specification():
    config = NanoBConfig().explicit()
    assert config.attention_hidden == (4, 8, 16)
    assert config.pyramid_attention_hidden == (2, 2)
    assert (config.injection_hidden, config.guidance_hidden) == ((8,) * 3, (4,) * 3)
    assert config.context_widths == ((8, 8, 8, 8, 8),) * 3
    assert V1Config().explicit().context_widths == ((28, 14, 14, 14, 14),) * 3
    assert V2UltraConfig().explicit().backbone_attention_hidden == 2


@pytest.mark.parametrize(
    ("network", "field", "value", "reason"),
    [
        ("v1", "context_widths", [[1] * 5] * 2, "3 lists of 5 widths"),
        ("v1", "context_widths", [[1] * 5, [1] * 5, [1] * 4], "3 lists of 5 widths"),
        ("v2_ultra", "context_widths", [[4] * 5, [4] * 5, [4, 4, 4, 4, 0]], "3 lists of 5 widths"),
        ("nano_b", "context_widths", [4] * 5, "3 lists of 5 widths"),
        ("nano_b", "context_widths", 8, "a list"),
        ("nano_b", "context_widths", [[8.0] * 5] * 3, "3 lists of 5 widths"),
        ("v2_ultra", "context_widths", [[4] * 5, [4] * 5, [4, 4, 8, 4, 4]], "as many channels"),
        ("v2_ultra", "context_widths", [[4] * 5, [4] * 5, [4, 4, 6, 4, 2]], "context_groups is 4; it should divide"),
        ("v2_ultra", "backbone_attention_hidden", -1, "0 or more"),
        ("v2_ultra", "pyramid_attention_hidden", [4], "a whole number"),
        ("v1", "attention_hidden", [1, 2], "3 widths"),
        ("v1", "upper_channels", [56], "2 widths"),
        ("v1", "upper_channels", [55, 55], "P4 should have"),
        ("nano_b", "attention_hidden", [1, 2, 0], "3 widths"),
        ("nano_b", "pyramid_attention_hidden", [1, 2, 3], "2 widths"),
        ("nano_b", "scale_decoupling_widths", [], "3 widths"),
        ("nano_b", "injection_hidden", [1], "3 widths"),
        ("nano_b", "guidance_hidden", ["1"] * 3, "3 widths"),
        ("nano_b", "assn_width", 0, "1 or more"),
        ("nano_b", "context_widths", [[8] * 5, [8] * 5, [8, 8, 8, 8, 7]], "shuffle_groups is 4; it should divide"),
        ("nano_b", "zero_in_maximum", 1, "true or false"),
    ],
)
def test_a_width_no_network_can_have_is_refused_by_field(network, field, value, reason):
    with pytest.raises(UserError, match=f"^model.json is not a configuration of {network}: [^\n]*{reason}[^\n]*[.]$"):
        config_from_json({"network": network, field: value}, "model.json")


def test_widths_that_are_given_need_no_quarters():
    assert NanoBConfig(pyramid_channels=3, context_widths=((1,) * 5,) * 3, shuffle_groups=1).head_channels == (4,) * 3


def test_odd_widths_detect_alike_whole_and_flat(odd):
    images = random_images()
    whole, flat = odd(images), odd.flat((64, 96)).run(images)
    for name in OUTPUTS:
        assert np.isfinite(whole[name]).all() and np.std(whole[name]) > 1e-3
        np.testing.assert_allclose(flat[name], whole[name], atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_odd_widths_learn(network):
    model = build_model(ODD_NETWORKS[network])
    optimizer = keras.optimizers.SGD(1e-2)
    before = model.get_weights()
    with tf.GradientTape() as tape:
        loss = tf.add_n([tf.reduce_mean(value**2) for value in model(random_images(), training=True).values()])
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights, strict=True))
    changed = [np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert np.isfinite(loss) and np.mean(changed) > 0.9


def test_odd_widths_are_described(odd):
    description = describe(odd, (64, 96))
    assert sum(part.parameters for part in description.parts) == description.parameters == count(odd)
    backbone = description.parts[0]
    assert [shape[-1] for shape in backbone.output_shapes] == [27, 50, 87]


@pytest.mark.parametrize("config", [*ODD_NETWORKS.values(), *SHUFFLED_NETWORKS.values()])
def test_odd_widths_are_simplified_to_the_same_outputs(config):
    model = lively_network(config)
    images = random_images()
    before, after = model(images), simplify(model)(images)
    for name in OUTPUTS:
        expected = before[name][..., -after[name].shape[-1] :]
        assert np.abs(expected - after[name]).max() < 1e-5 * max(1, np.abs(expected).max())


def test_the_maximum_is_at_least_zero_where_pruned_channels_took_part():
    config = dataclasses.replace(SHUFFLED_NETWORKS["nano_b"], backbone=BackboneConfig(widths=ODD_WIDTHS))
    plain = build_model(config)
    rectified = build_model(dataclasses.replace(config, zero_in_maximum=True))
    assert shapes(rectified) == shapes(plain)
    gates = [module.spatial_gate for module in (*rectified.backbone_attention, rectified.scale_attention)]
    x = -np.ones((1, 4, 4, 6), np.float32)
    for gate in gates:
        padded = np.concatenate([x, np.zeros((1, 4, 4, 1), np.float32)], axis=-1)
        assert gate.relu(gate.maximum(x)).numpy().max() == gate.maximum(padded).numpy().max() == 0
    assert plain.scale_attention.spatial_gate.relu is None
