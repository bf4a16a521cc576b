"""Slim files: nothing in them that no runtime reads, and not a bit of difference in what comes out.

The released files are slim, so they are blown up here to what a plain writer makes of them, and compared with that.
"""

from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from ffkeras.conversion.slim import differing_outputs, slim
from ffkeras.errors import UserError
from ffkeras.runtime import read_metadata
from ffkeras.runtime.checksum import file_checksum, find_checksum
from ffkeras.runtime.flatbuffer import find_metadata_buffer
from ffkeras.runtime.metadata import METADATA_NAME
from ffkeras.runtimes.launch import run_worker
from ffkeras.runtimes.registry import find_runtimes
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.sharing_builder import BUFFER_ALIGNMENT

MODELS = sorted((Path(__file__).resolve().parents[2] / "tflite" / "models").glob("*.tflite"))
(MICRO,) = (path for path in MODELS if "micro" in path.stem)
RUNTIMES = find_runtimes(None)

by_model = pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
by_runtime = pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: f"{runtime.package} {runtime.kernels}")


class PlainBuilder(flatbuffers.Builder):
    """Writes everything as often as it is used."""

    def CreateNumpyVector(self, x):
        if x.dtype == np.uint8:
            self.Prep(BUFFER_ALIGNMENT, x.size)
        return super().CreateNumpyVector(x)


def blown_up(model):
    """The same network with a name for every tensor, constants of its own for every user, and the converter's notes."""
    tree = schema.ModelT.InitFromPackedBuf(model)
    graph = tree.subgraphs[0]
    for index, tensor in enumerate(graph.tensors):
        tensor.name = tensor.name or f"network/layer_{index}/Conv2D;network/layer_{index}/BiasAdd".encode()
        tree.buffers.append(schema.BufferT(data=tree.buffers[tensor.buffer].data))
        tensor.buffer = len(tree.buffers) - 1
    tree.operatorCodes.append(schema.OperatorCodeT(builtinCode=schema.BuiltinOperator.RANGE, version=1))
    tree.buffers.append(schema.BufferT(data=np.arange(64, dtype=np.uint8)))
    tree.metadata.append(schema.MetadataT(name=b"CONVERSION_METADATA", buffer=len(tree.buffers) - 1))
    tree.description = b"Converted."
    builder = PlainBuilder(1024)
    builder.Finish(tree.Pack(builder), file_identifier=b"TFL3")
    data = bytes(builder.Output())
    digits = find_checksum(data, find_metadata_buffer(data, METADATA_NAME))
    return data[: digits.start] + file_checksum(data, digits) + data[digits.stop :]


def raw_outputs(model, runtime, folder):
    """Of one noise image, and of one dark one."""
    path, inputs = folder / "model.tflite", folder / "inputs.npy"
    path.write_bytes(model)
    graph = TfliteGraph(model)
    shape = (2, *graph.shape(graph.inputs[0]))
    noise = np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)
    noise[1] //= 8
    np.save(inputs, noise if graph.is_int8(graph.inputs[0]) else noise.astype(np.float32))
    run = run_worker(runtime, "images", path, inputs, folder)
    assert run.failure is None
    return run.outputs


def assert_equal_in_every_bit(path, runtime, folder):
    model = path.read_bytes()
    expected, given = (raw_outputs(data, runtime, folder) for data in (blown_up(model), model))
    assert len(expected) == 3
    for one, two in zip(expected, given, strict=True):
        assert np.ptp(one.astype(float)) > 0
        assert one.tobytes() == two.tobytes()


@by_model
def test_a_released_file_has_nothing_to_leave_out(path):
    model = path.read_bytes()
    large = blown_up(model)
    assert len(large) > len(model) + 50_000
    assert slim(large) == slim(model) == model


@by_model
def test_only_the_borders_have_names_and_the_record_tells_which_they_are(path):
    model = path.read_bytes()
    graph = TfliteGraph(model)
    named = {index: tensor.name.decode() for index, tensor in enumerate(graph.tensors) if tensor.name}
    borders = {**graph.named_inputs, **graph.named_outputs}
    assert named == {tensor: name for name, tensor in borders.items()}
    assert read_metadata(model, path.name).outputs == {name: name for name in graph.named_outputs}


@by_model
def test_every_vector_keeps_the_alignment_of_its_numbers(path):
    model = path.read_bytes()
    file = schema.Model.GetRootAs(model)
    start = np.frombuffer(model, np.uint8).ctypes.data
    graph = file.Subgraphs(0)
    quantizations = [graph.Tensors(index).Quantization() for index in range(graph.TensorsLength())]
    quantizations = [entry for entry in quantizations if entry and entry.ScaleLength()]
    buffers = [file.Buffers(index) for index in range(file.BuffersLength())]
    vectors = [(buffer.DataAsNumpy(), BUFFER_ALIGNMENT) for buffer in buffers if buffer.DataLength()]
    vectors += [(entry.ScaleAsNumpy(), 4) for entry in quantizations]
    vectors += [(entry.ZeroPointAsNumpy(), 8) for entry in quantizations]
    assert len(vectors) > 100
    assert {(vector.ctypes.data - start) % alignment for vector, alignment in vectors} == {0}


@by_runtime
def test_micro_gives_the_same_bits_on_every_runtime(runtime, tmp_path):
    assert_equal_in_every_bit(MICRO, runtime, tmp_path)


@pytest.mark.slow
@by_model
@by_runtime
def test_every_released_file_gives_the_same_bits_on_every_runtime(path, runtime, tmp_path):
    assert_equal_in_every_bit(path, runtime, tmp_path)


LANDMARK_VALUES = 30  # of a cell with three anchors


def test_outputs_that_differ_are_named(photos):
    model = MICRO.read_bytes()
    assert differing_outputs(model, blown_up(model), photos) == []
    graph = TfliteGraph(model)
    of_landmarks = next(
        op
        for op in graph.operators
        if graph.kind(op) == "CONV_2D" and graph.shape(op.outputs[0])[-1] == LANDMARK_VALUES
    )
    bias = graph.tree.buffers[graph.tensors[of_landmarks.inputs[2]].buffer]
    bias.data = (graph.values(of_landmarks.inputs[2]) + 10_000).view(np.uint8)
    other = graph.to_bytes()
    assert differing_outputs(model, other, photos) == ["landmarks"]


def test_a_file_without_a_record_is_refused_by_its_name(lamp_plain):
    tree = schema.ModelT.InitFromPackedBuf(lamp_plain)
    tree.metadata = None
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), file_identifier=b"TFL3")
    with pytest.raises(UserError, match="lamp.tflite is a TFLite file without an ffkeras record"):
        slim(bytes(builder.Output()), "lamp.tflite")
