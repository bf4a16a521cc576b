import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffkeras.errors import UserError
from ffkeras.models import (
    BackboneConfig,
    NanoBConfig,
    V1Config,
    V2UltraConfig,
    config_from_json,
    config_to_json,
    default_config,
)
from ffkeras.models.build import build_model

widths = st.lists(st.integers(1, 512), min_size=14, max_size=14).map(tuple)
backbones = st.builds(
    BackboneConfig,
    widths,
    st.sampled_from(["relu", "relu6", "leaky_relu"]),
    st.sampled_from(["same", "symmetric"]),
)
configs = st.one_of(
    st.builds(
        V1Config,
        backbone=backbones,
        attention=st.sampled_from(["cbam", "none"]),
        context=st.sampled_from(["deformable", "standard"]),
    ),
    st.builds(V2UltraConfig, backbone=backbones, dynamic_weight_sharing=st.booleans(), context=st.booleans()),
    st.builds(NanoBConfig, backbone=backbones, assn=st.booleans(), mse_fpn=st.booleans()),
)


@given(configs)
def test_a_configuration_comes_back_from_json_as_it_was(config):
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config


def test_absent_fields_take_their_defaults():
    assert config_from_json({"network": "nano_b"}) == default_config("nano_b")


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"network": "v3"}, "v3"),
        ({}, "None"),
        ({"network": "v2_ultra", "colour": 1}, "colour"),
        ({"network": "v2_ultra", "backbone": {"depth": 3}}, "depth"),
        ({"network": "v1", "attention": "some"}, "some"),
        ({"network": "v1", "context": "wide"}, "wide"),
        ({"network": "v2_ultra", "pyramid_attention": False}, "smart_feature_reuse"),
        ({"network": []}, "network"),
        ([], "None"),
        ("v1", "None"),
    ],
)
def test_what_is_no_configuration_is_refused_by_name(values, word):
    with pytest.raises(UserError, match=f"^model.json is .*{word}.*[.]$"):
        config_from_json(values, "model.json")


@pytest.mark.parametrize("network", ["v1", "v2_ultra", "nano_b"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pyramid_channels", "32"),
        ("pyramid_channels", 32.0),
        ("pyramid_channels", True),
        ("pyramid_channels", None),
        ("pyramid_channels", 0),
        ("pyramid_channels", 3),
        ("pyramid_layers", 0),
        ("shuffle_groups", 0),
        ("shuffle_groups", 5),
        ("mean", 128),
        ("mean", [128, 128]),
        ("mean", [128, 128, "128"]),
        ("mean", [0, 0, 256]),
        ("mean", [0, 0, float("nan")]),
        ("backbone", 8),
        ("backbone", {"activation": "gelu"}),
        ("backbone", {"padding": "sam"}),
        ("backbone", {"widths": 8}),
        ("backbone", {"widths": [8] * 13}),
        ("backbone", {"widths": [8] * 13 + [0]}),
        ("backbone", {"widths": [8] * 13 + [8.5]}),
        ("anchors", [16, 32]),
        ("anchors", {"sizes": [16, 32, 64]}),
        ("anchors", {"sizes": [[16, 32], [64], [256, 512]]}),
        ("anchors", {"sizes": [[16], [64], [-256]]}),
        ("anchors", {"sizes": [[16], [64], [256]], "strides": [8, 16, 64]}),
        ("anchors", {"sizes": [[16]], "strides": [8]}),
    ],
)
def test_a_value_no_network_can_have_is_refused(network, field, value):
    with pytest.raises(UserError, match=f"^model.json is not a configuration of {network}: .*[.]$"):
        config_from_json({"network": network, field: value}, "model.json")


@pytest.mark.parametrize(
    ("network", "field", "value"),
    [
        ("v1", "attention", True),
        ("v1", "attention_reduction", 0),
        ("v2_ultra", "activation", "gelu"),
        ("v2_ultra", "smart_feature_reuse", "no"),
        ("v2_ultra", "context", 1),
        ("v2_ultra", "context_groups", 3),
        ("v2_ultra", "context_groups", 16),  # divides the 32 channels, but not the 8 of a quarter
        ("v2_ultra", "pyramid_attention_reduction", 0),
        ("v2_ultra", "trunk_channels", -1),
        ("nano_b", "activation", "gelu"),
        ("nano_b", "assn", "yes"),
        ("nano_b", "attention_reduction", -16),
    ],
)
def test_a_value_this_network_cannot_have_is_refused_by_field(network, field, value):
    with pytest.raises(
        UserError, match=f"^model.json is not a configuration of {network}: {field} is {value!r}; .*[.]$"
    ):
        config_from_json({"network": network, field: value}, "model.json")


def test_whole_numbers_stand_for_decimal_ones():
    config = config_from_json({"network": "v2_ultra", "mean": [128, 128.0, 128]})
    assert config == default_config("v2_ultra")


@pytest.mark.parametrize("network", ["v1", "v2_ultra", "nano_b"])
def test_the_smallest_configurations_build(network):
    values = {"network": network, "pyramid_channels": 4, "pyramid_layers": 1, "shuffle_groups": 1}
    if network == "v2_ultra":
        values |= {"context_groups": 1, "trunk_channels": 0}
    images = np.zeros((1, 32, 32, 3), np.float32)
    outputs = build_model(config_from_json(values | {"backbone": {"widths": [1] * 14}}))(images)
    assert all(np.isfinite(value).all() for value in outputs.values())


def test_an_unknown_network_is_refused():
    with pytest.raises(UserError, match="v1, v2_ultra, nano_b"):
        build_model("v9")
