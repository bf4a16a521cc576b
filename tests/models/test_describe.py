import dataclasses
import json

import numpy as np
import pytest

from ffkeras.backend import keras
from ffkeras.layers.deformable_convolution import ModulatedConvolution
from ffkeras.models.describe import describe
from ffkeras.models.nano_b import NanoB
from ffkeras.models.specified_budgets import PART_BUDGETS
from ffkeras.models.trace import Call, count_macs
from ffkeras.models.v1 import V1
from ffkeras.models.v2_ultra import V2Ultra
from tests.models.networks import count, lively_network

SIZE = (64, 96)


@pytest.fixture(params=["v1", "v2_ultra", "nano_b"])
def network(request):
    return lively_network(request.param)


def part(description, attribute):
    return next(part for part in description.parts if part.attribute == attribute)


def test_parts_add_up_to_the_network(network):
    description = describe(network, SIZE)
    assert sum(part.parameters for part in description.parts) == description.parameters == count(network)
    assert sum(part.macs for part in description.parts) == description.macs > 0
    assert description.parameters + description.non_trainable == network.count_params()


def test_backbone_has_its_parameters_and_level_shapes(network):
    backbone = part(describe(network, SIZE), "backbone")
    assert backbone.parameters == 213_072
    assert backbone.output_shapes == [[8, 12, 64], [4, 6, 128], [2, 3, 256]]


def test_macs_grow_with_the_area(network):
    small, large = (part(describe(network, size), "backbone").macs for size in ((32, 32), SIZE))
    assert large == 6 * small


def test_outputs_have_an_entry_for_every_anchor(network):
    description = describe(network, SIZE)
    anchors = (96 + 24 + 6) * network.config.anchors.per_cell
    assert description.outputs == {
        "classification": [anchors, 2],
        "bbox_regression": [anchors, 4],
        "landmarks": [anchors, 10],
    }


def test_shared_attention_counts_once_but_with_every_call():
    description = describe(lively_network("v2_ultra"), SIZE)
    attention = part(description, "pyramid_attention")
    hidden = 4  # 32 channels / reduction 8
    channel_gate = 2 * 2 * 32 * hidden  # two 1x1 convolutions, on average and maximum
    spatial_gate = 7 * 7 * 2
    calls = 3 * 3 + 1  # three times on three levels, and F4 once more for smart feature reuse
    places = 3 * (96 + 24 + 6) + 24
    assert attention.macs == calls * channel_gate + places * spatial_gate
    assert part(description, "innovations").parameters < 1_000


def test_v2_ultra_is_compared_with_its_specified_total():
    description = describe(lively_network("v2_ultra"), SIZE)
    assert description.expected == 244_483
    assert abs(description.deviation) <= 0.01


def test_modules_that_are_switched_off_are_listed_empty():
    config = dataclasses.replace(lively_network("nano_b").config, scale_decoupling=False)
    decoupling = part(describe(lively_network(config), SIZE), "scale_decoupling")
    assert (decoupling.parameters, decoupling.macs, decoupling.output_shapes) == (0, 0, [])


@pytest.mark.parametrize("network_class", [V1, V2Ultra, NanoB])
def test_the_specification_grants_each_part_of_a_network_something(network_class):
    network = network_class().config.network
    assert list(PART_BUDGETS[network]) == [attribute for _, attribute in network_class.PARTS]


def test_a_description_survives_json(network):
    description = describe(network, SIZE)
    values = json.loads(json.dumps(dataclasses.asdict(description)))
    assert values["parts"][0]["attribute"] == "backbone"
    assert values["image_size"] == list(SIZE)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (keras.layers.Conv2D(10, 3, padding="same"), 6 * 8 * 9 * 4 * 10),
        (keras.layers.Conv2D(10, 3, 2, padding="same"), 3 * 4 * 9 * 4 * 10),
        (keras.layers.Conv2D(10, 3, padding="same", groups=2), 6 * 8 * 9 * 2 * 10),
        (keras.layers.DepthwiseConv2D(3, padding="same"), 6 * 8 * 9 * 4),
        (keras.layers.ReLU(), 0),
    ],
)
def test_macs_of_a_layer_are_those_of_the_textbook(layer, expected):
    outputs = layer(np.zeros((1, 6, 8, 4), np.float32))
    assert count_macs(Call(layer, (0,), ((None, 6, 8, 4),), tuple(outputs.shape))) == expected


def test_macs_of_a_deformable_convolution_include_its_sampling():
    layer = ModulatedConvolution(10)
    shapes = ((None, 6, 8, 4), (None, 6, 8, 18), (None, 6, 8, 9))
    layer.build(shapes)
    assert count_macs(Call(layer, (0, 1, 2), shapes, (None, 6, 8, 10))) == 6 * 8 * 9 * 4 * (10 + 4)
