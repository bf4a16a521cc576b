"""How many instructions a network will about take, before anything is compiled.

Counted on the emulated boards with GCC 12 at -O2 (tools/measure_firmware.py --instructions) and laid down as numbers
for each step of the kernels. The sums are within a tenth of the counts.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ffkeras.firmware.c_network.filters import padded_length
from ffkeras.firmware.c_network.layer import Layer
from ffkeras.firmware.c_network.network import Network
from ffkeras.tflite_file.graph import TfliteGraph


@dataclass(frozen=True)
class Costs:
    """Instructions of a way of the kernels.

    Args:
        filters, inputs: of a convolution that are taken together.
        step: for two pixels, so many filters and so many inputs.
        finish: for two pixels and so many filters, besides the steps.
        spread: for two pixels and four inputs, before the first filter.
        window: for each row of a window of more than one pixel.
        depthwise, any_depthwise: for a value of the output, 3 x 3 and any other window (for each of its taps).
        add, multiply, lookup: for a value of the output.
    """

    filters: int
    inputs: int
    step: float
    finish: float
    spread: float
    window: float
    depthwise: float
    any_depthwise: float
    add: float
    multiply: float
    lookup: float


COSTS = {
    "plain C": Costs(4, 4, 67, 160, 0, 25, 62, 5, 30, 23, 4),
    "DSP": Costs(2, 4, 17, 57, 14, 25, 43, 5, 17, 13, 4),
    "Helium": Costs(4, 16, 24, 80, 0, 35, 21, 5, 8, 6.5, 1),
}
PROCESSORS = {"m3": "plain C", "m4": "DSP", "m7": "DSP", "m33": "DSP", "m55": "Helium"}  # Cortex -> its way
PAIR = 60  # two pixels of a convolution, whatever their filters
REDUCED = 8  # a value that a mean, a maximum or a pooling reads
MOVED = 4  # any other value


def estimate_instructions(network: Network) -> dict[str, float]:
    """Executed instructions of one run: name of a way of the kernels -> their number."""
    return {
        way: sum(_of_layer(network.graph, numbered.layer, costs) for numbered in network.layers)
        for way, costs in COSTS.items()
    }


def _of_layer(graph: TfliteGraph, layer: Layer, costs: Costs) -> float:
    values = math.prod(graph.shape(layer.output))
    kernel = layer.calls[0].function
    for_a_value = {
        "int8_add": costs.add,
        "int8_subtract": costs.add,
        "int8_multiply": costs.multiply,
        "int8_lookup": costs.lookup,
        "int8_depthwise_3x3": costs.depthwise,
    }
    if kernel in for_a_value:
        return values * for_a_value[kernel]
    if kernel == "int8_convolution":
        return _of_convolution(layer.fields, costs)
    if kernel == "int8_depthwise":
        return values * _taps(layer) * costs.any_depthwise
    if kernel in ("int8_mean", "int8_maximum"):
        return math.prod(graph.shape(layer.inputs[0])) * REDUCED
    if kernel in ("int8_max_pool", "int8_average_pool"):
        return values * _taps(layer) * REDUCED
    return values * MOVED


def _taps(layer: Layer) -> int:
    window: Mapping[str, int] = layer.fields["window"]
    return window["height"] * window["width"]


def _of_convolution(fields: Mapping, costs: Costs) -> float:
    window, groups = fields["window"], fields["groups"]
    pairs = math.ceil(window["output_height"] * window["output_width"] / 2)
    length = padded_length(window["height"], window["width"], fields["input_channels"] // groups)
    blocks = math.ceil(fields["output_channels"] // groups / costs.filters)
    steps = math.ceil(length / costs.inputs)
    gathering = 0 if window["height"] * window["width"] == 1 else 2 * window["height"] * costs.window
    pair = PAIR + gathering + costs.spread * length / 4 + blocks * (costs.step * steps + costs.finish)
    return pairs * groups * pair
