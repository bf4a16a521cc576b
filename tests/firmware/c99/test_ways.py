"""The ways of the kernels - plain C, DSP, Helium - give the bytes of TFLite Micro, on shapes of all kinds."""

import importlib.util
import shutil
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from checksum_program import WAYS, checksums_on_board, checksums_on_host
from random_operations import OPERATIONS, Draw
from small_graphs import SmallGraph, lower, run_in_tflite_micro

from ffkeras.firmware.boards import list_boards

if importlib.util.find_spec("tflite_micro") is None:
    pytest.skip("tflite-micro is not installed (it exists for Linux on x86-64)", allow_module_level=True)

KINDS = ("CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "SUB", "MUL", "RELU")  # those with more than one way
CASES = {"CONV_2D": 24, "DEPTHWISE_CONV_2D": 24}  # of a kind; 8 of the others
BOARDS = {board.name: (board.name, ()) for board in list_boards()} | {
    "an547 without Helium": ("an547", ("-DFFKERAS_WITHOUT_HELIUM",)),
    "an500 in plain C": ("an500", ("-DFFKERAS_PLAIN_C",)),
}


class Usual(Draw):
    """Scales as networks have them, so that factors are well below one."""

    def scale(self):
        return float(np.float32(self.random.uniform(0.02, 0.1)))


class Cases:
    """Random operations side by side in one network, with inputs and the checksums of TFLite Micro's outputs."""

    def __init__(self):
        graph = SmallGraph()
        self.names = []
        for number, kind in enumerate(KINDS):
            for case in range(CASES.get(kind, 8)):
                kind_of_draw = Draw if case % 3 == 0 else Usual
                OPERATIONS[kind](graph, kind_of_draw((number, case, 7), widest=37, most_filters=21))
                self.names.append(f"{kind} {case}")
        model = graph.to_bytes()
        draw = Draw(0)
        self.inputs = [draw.int8(graph.graph.tensors[tensor].shape) for tensor in graph.graph.inputs]
        self.network = lower(model)
        self.expected = [f"{zlib.crc32(values.tobytes()):08x}" for values in run_in_tflite_micro(model, self.inputs)]

    def assert_equal(self, checksums):
        pairs = zip(self.names, checksums, self.expected, strict=True)
        assert not [name for name, checksum, wanted in pairs if checksum != wanted]


@pytest.fixture(scope="module")
def cases():
    return Cases()


def test_the_cases_reach_the_fast_kernels_and_the_others(cases):
    layers = [numbered.layer for numbered in cases.network.layers]
    kernels = {call.function for layer in layers for call in layer.calls}
    assert {"int8_convolution", "int8_depthwise", "int8_depthwise_3x3", "int8_add", "int8_subtract"} <= kernels
    for kernel in ("int8_convolution", "int8_depthwise_3x3"):
        simple = {layer.fields["channels"]["is_simple"] for layer in layers if layer.calls[0].function == kernel}
        assert simple == {0, 1}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_bytes_of_tflite_micro_and_touches_no_foreign_memory(way, cases, tmp_path):
    cases.assert_equal(checksums_on_host(cases.network, cases.inputs, tmp_path, way))


@pytest.mark.device
@pytest.mark.parametrize("board", BOARDS)
def test_every_board_gives_the_bytes_of_tflite_micro(board, cases, tmp_path):
    assert shutil.which("qemu-system-arm"), "qemu-system-arm is missing; install Debian's package of that name"
    name, flags = BOARDS[board]
    cases.assert_equal(checksums_on_board(cases.network, cases.inputs, tmp_path, name, flags))
