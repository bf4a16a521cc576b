"""Every operation against TFLite Micro's interpreter, with random shapes, scales and values."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from random_operations import OPERATIONS, Draw
from small_graphs import SmallGraph, lower, run_in_c, run_in_tflite_micro

if importlib.util.find_spec("tflite_micro") is None:
    pytest.skip("tflite-micro is not installed (it exists for Linux on x86-64)", allow_module_level=True)

CASES = 24  # of every operation


@pytest.mark.parametrize("kind", OPERATIONS)
def test_results_are_those_of_tflite_micro(kind, tmp_path):
    graph = SmallGraph()
    seed = sorted(OPERATIONS).index(kind)
    for case in range(CASES):
        OPERATIONS[kind](graph, Draw((seed, case)))
    model = graph.to_bytes()
    draw = Draw(seed)
    inputs = [draw.int8(graph.graph.tensors[tensor].shape) for tensor in graph.graph.inputs]
    expected = run_in_tflite_micro(model, inputs)
    for number, (values, wanted) in enumerate(zip(run_in_c(lower(model), inputs, tmp_path), expected, strict=True)):
        np.testing.assert_array_equal(values, wanted.reshape(values.shape), f"case {number}")


def test_every_operation_that_is_lowered_is_tested():
    from ffkeras.firmware.c_network.network import LOWERINGS

    assert set(LOWERINGS) == set(OPERATIONS)
