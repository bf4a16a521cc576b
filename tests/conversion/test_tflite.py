import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from ffkeras.conversion.tflite import convert
from ffkeras.errors import UserError
from ffkeras.models import V1Config, config_to_json
from ffkeras.models.build import build_model
from ffkeras.runtime import Interpreter, read_metadata
from ffkeras.tflite_file.summary import graph_faults, summarise_graph

# A batch that is not fixed, splits of a grouped convolution, a shuffle, and what older runtimes cannot run in int8.
UNWANTED = {"SHAPE", "PACK", "SPLIT", "ADD_N", "FULLY_CONNECTED", "QUANTIZE", "DEQUANTIZE", "RELU", "TRANSPOSE"}
IMAGE_SIZE = (64, 96)
RUN_ONE = """
import sys, numpy as np
from ffkeras.runtime import Interpreter
np.savez(sys.argv[3], **Interpreter(sys.argv[1]).run(np.load(sys.argv[2])))
"""


@pytest.fixture(params=["v2_ultra", "nano_b"])
def int8_file(request):
    return request.getfixturevalue(f"{request.param}_int8")


def test_an_int8_file_computes_in_whole_numbers_alone(int8_file):
    graph = summarise_graph(int8_file.read_bytes())
    assert graph.float_tensors == ()
    assert graph_faults(graph, int8=True) == []
    assert not UNWANTED & graph.operations.keys()


def test_the_int8_input_is_the_pixel_minus_128(int8_file):
    assert summarise_graph(int8_file.read_bytes()).input_quantization == (1.0, 0)


def test_each_output_has_a_scale_of_its_own(int8_file):
    scales = summarise_graph(int8_file.read_bytes()).output_scales
    assert scales["classification"] == 1 / 256  # a probability
    assert len(set(scales.values())) == 3


def test_classes_are_the_probability_of_a_face_alone(int8_file, canvases):
    scores = Interpreter(int8_file).run(canvases[0])["classification"]
    assert scores.shape[1] == 1
    assert 0 <= scores.min() < scores.max() <= 1


def test_a_grouped_convolution_is_one_operation_with_small_weights_where_multiplications_count(v2_ultra_int8_plain):
    tree = schema.ModelT.InitFromPackedBuf(v2_ultra_int8_plain)
    graph = tree.subgraphs[0]
    convolutions = [
        [graph.tensors[i].shape.tolist() for i in operator.inputs[:2]]
        for operator in graph.operators
        if tree.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.CONV_2D
    ]
    grouped = [(image, kernel) for image, kernel in convolutions if kernel[3] != image[3]]
    assert len(grouped) == 15  # five in the SSH head of each level
    assert all(image[3] == 4 * kernel[3] for image, kernel in grouped)


def test_the_record_describes_the_file(v2_ultra, v2_ultra_int8, v2_ultra_float):
    record = read_metadata(v2_ultra_int8.read_bytes(), "file")
    assert (record.network, record.image_size, record.quantization) == ("v2_ultra", IMAGE_SIZE, "int8")
    assert (record.mean, record.license) == ((128, 128, 128), "MIT")
    assert record.anchors == v2_ultra.config.anchors
    assert record.model["pyramid_layers"] == config_to_json(v2_ultra.config)["pyramid_layers"] == 1
    assert read_metadata(v2_ultra_float.read_bytes(), "file").quantization == "none"


@pytest.mark.parametrize("runtime", ["litert", "tflite_runtime", "tensorflow"])
def test_an_int8_file_runs_on_every_interpreter(runtime, nano_b_int8, canvases, tmp_path):
    np.save(tmp_path / "canvas.npy", canvases[0])
    command = [sys.executable, "-c", RUN_ONE, nano_b_int8, tmp_path / "canvas.npy", tmp_path / "outputs.npz"]
    environment = {**os.environ, "FFKERAS_RUNTIME": runtime}
    result = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    expected = Interpreter(nano_b_int8).run(canvases[0])
    scales = summarise_graph(nano_b_int8.read_bytes()).output_scales
    with np.load(tmp_path / "outputs.npz") as outputs:
        for name, scale in scales.items():
            steps = np.abs(outputs[name] - expected[name]) / scale
            assert np.sqrt((steps**2).mean()) < 4  # kernels round differently, and a random network amplifies it


def test_deformable_context_is_refused_in_int8(canvases):
    with pytest.raises(UserError, match="deformable"):
        convert(SimpleNamespace(config=V1Config()), IMAGE_SIZE, canvases)


def test_deformable_context_converts_to_float32(canvases, tmp_path):
    network = build_model(V1Config(attention="none", pyramid_layers=1))
    (tmp_path / "v1.tflite").write_bytes(convert(network, IMAGE_SIZE))
    outputs = Interpreter(tmp_path / "v1.tflite").run(canvases[0])
    expected = network(canvases[:1] - np.float32(network.config.mean))
    np.testing.assert_allclose(outputs["landmarks"], expected["landmarks"][0], atol=1e-4)


def test_int8_without_an_image_is_refused(v2_ultra):
    with pytest.raises(UserError, match="calibration image"):
        convert(v2_ultra, IMAGE_SIZE, [])
