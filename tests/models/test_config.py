import json

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
    ],
)
def test_what_is_no_configuration_is_refused_by_name(values, word):
    with pytest.raises(UserError, match=word):
        config_from_json(values, "model.json")


def test_an_unknown_network_is_refused():
    with pytest.raises(UserError, match="v1, v2_ultra, nano_b"):
        build_model("v9")
