"""Networks that users convert themselves: pruned to odd widths, with every activation, at sizes that are not square."""

import importlib.util
from pathlib import Path

import pytest

from ffkeras.conversion.calibration import calibration_canvases
from ffkeras.conversion.tflite import convert
from ffkeras.firmware import read_model_info
from ffkeras.firmware.c_network import export_c
from ffkeras.firmware.c_network.host import HostNetwork, compare_with_tflite_micro
from ffkeras.images import list_images, read_image
from ffkeras.models import BackboneConfig, NanoBConfig, V1Config, V2UltraConfig
from tests.models.networks import lively_network
from tests.models.odd_networks import ODD_NETWORKS, SHUFFLED_NETWORKS

PHOTOS = Path(__file__).resolve().parents[2] / "data" / "photos"
IMAGE_SIZE = (96, 160)
LEAKY = BackboneConfig(activation="leaky_relu")
SHUFFLED_V1 = SHUFFLED_NETWORKS["v1"]
NETWORKS = {
    "v1": V1Config(context="standard"),
    "v1 without attention": V1Config(context="standard", attention="none", pyramid_layers=1),
    "v1 with a shuffle": SHUFFLED_V1,
    "v2_ultra with swish": V2UltraConfig(activation="swish", pyramid_layers=1),
    "v2_ultra with leaky relu": V2UltraConfig(activation="leaky_relu", backbone=LEAKY, pyramid_layers=1),
    "v2_ultra without modules": V2UltraConfig(
        pyramid_layers=1,
        trunk_channels=0,
        **dict.fromkeys(("backbone_attention", "pyramid_attention", "smart_feature_reuse", "context"), False),
        **dict.fromkeys(("attention_multiplication", "progressive_enhancement", "multi_scale_intelligence"), False),
        dynamic_weight_sharing=False,
    ),
    "nano_b with symmetric padding": NanoBConfig(
        activation="relu", pyramid_layers=1, backbone=BackboneConfig(activation="relu", padding="symmetric")
    ),
    **{f"odd {name}": config for name, config in ODD_NETWORKS.items()},
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is not installed"),
]


@pytest.mark.parametrize("xnnpack_passes", [False, True], ids=["plain", "fast forms"])
@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_those_of_tflite_micro(name, xnnpack_passes, tmp_path):
    config = NETWORKS[name]
    photos = [read_image(path) for path in list_images([PHOTOS])]
    canvases = calibration_canvases(photos, IMAGE_SIZE, config.mean, 6)
    model = convert(lively_network(config), IMAGE_SIZE, canvases, xnnpack_passes=xnnpack_passes)
    export_c(model, "network.tflite", tmp_path)
    info = read_model_info(model, "network.tflite")
    inputs = [(canvas ^ 0x80).view("int8") for canvas in canvases]
    result = compare_with_tflite_micro(HostNetwork(tmp_path, "network", info), model, info, inputs)
    assert result.different == 0
