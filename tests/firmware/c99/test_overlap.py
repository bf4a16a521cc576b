"""An output over its input: as far as it may go nothing is lost."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

sys.path.insert(0, str(Path(__file__).parent))

from small_graphs import SmallGraph, lower, run_in_c

PADDED = [[0, 0], [1, 2], [3, 1], [0, 0]]


def convolution(height, width, stride, filters):
    def make(graph):
        weights = np.random.default_rng(0).integers(-127, 128, (filters, height, width, 4))
        options = schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = schema.Padding.SAME, stride, stride
        options.dilationHFactor = options.dilationWFactor = 1
        kernel = graph.tensor(weights.shape, 0.01, values=weights)
        output = graph.output((1, -(-9 // stride), -(-10 // stride), filters), 2.0, 0)
        graph.add("CONV_2D", [graph.input((1, 9, 10, 4), 1.0, 3), kernel], output, options, version=3)

    return make


def depthwise(stride):
    def make(graph):
        weights = np.random.default_rng(0).integers(-127, 128, (1, 3, 3, 4))
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.strideH, options.strideW = schema.Padding.SAME, stride, stride
        options.dilationHFactor = options.dilationWFactor = options.depthMultiplier = 1
        kernel = graph.tensor(weights.shape, 0.01, values=weights)
        output = graph.output((1, -(-9 // stride), -(-10 // stride), 4), 2.0, 0)
        graph.add("DEPTHWISE_CONV_2D", [graph.input((1, 9, 10, 4), 1.0, 3), kernel], output, options, version=3)

    return make


def padding(graph):
    setting = graph.tensor((4, 2), values=np.array(PADDED), dtype=np.int32)
    source = graph.input((1, 9, 10, 4), 1.0, 3)
    graph.add("PAD", [source, setting], graph.output((1, 12, 14, 4), 1.0, 3), schema.PadOptionsT(), version=2)


CASES = {
    "wider": convolution(1, 1, 1, 9),
    "narrower": convolution(1, 1, 1, 3),
    "3x3": convolution(3, 3, 1, 4),
    "3x3 by 2": convolution(3, 3, 2, 8),
    "depthwise": depthwise(1),
    "depthwise by 2": depthwise(2),
    "padding": padding,
}


@pytest.fixture(params=CASES)
def network(request):
    graph = SmallGraph()
    CASES[request.param](graph)
    return lower(graph.to_bytes())


def run_at(network, distance, folder):
    """The output where it begins so many bytes before the input."""
    folder.mkdir()
    source, target = network.graph.inputs[0], network.graph.outputs[0]
    end = distance + network.arena_size
    moved = dataclasses.replace(
        network,
        offsets={source: distance, target: 0},
        scratch=dict.fromkeys(network.scratch, end),
        arena_size=end + network.layers[0].layer.scratch,
    )
    values = np.random.default_rng(1).integers(-128, 128, network.graph.shape(source)).astype(np.int8)
    return run_in_c(moved, [values], folder)[0]


def test_an_output_over_its_input_saves_memory_and_loses_nothing(network, tmp_path):
    source, target = network.graph.inputs[0], network.graph.outputs[0]
    size = {tensor: int(np.prod(network.graph.shape(tensor))) for tensor in (source, target)}
    distance = network.layers[0].layer.distances[source]
    assert network.offsets[source] - network.offsets[target] == distance
    assert network.arena_size - network.layers[0].layer.scratch < size[source] + size[target]
    expected = run_at(network, size[target], tmp_path / "apart")
    np.testing.assert_array_equal(run_at(network, distance, tmp_path / "over"), expected)
    if distance > size[target] / 4:  # where the order of writing matters
        assert not np.array_equal(run_at(network, distance // 2, tmp_path / "too far"), expected)
