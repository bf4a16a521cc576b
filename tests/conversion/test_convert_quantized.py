import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from ffkeras.conversion.tflite import convert
from ffkeras.quantization.calibration import calibrate_ranges
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.tflite_file.summary import graph_faults, summarise_graph

IMAGE_SIZE = (64, 96)


@pytest.fixture(scope="module")
def batches(canvases):
    return [np.stack(canvases).astype(np.float32) - 128]


@pytest.fixture(scope="module", params=[pytest.param("v2_ultra", marks=pytest.mark.slow), "nano_b"])
def network(request, batches):
    quantized = QuantizedFeatherFace(request.getfixturevalue(request.param))
    calibrate_ranges(quantized, batches)
    return quantized


@pytest.fixture(scope="module")
def file(network):
    return convert(network, IMAGE_SIZE, xnnpack_passes=False)


def test_the_file_is_whole_numbers_throughout_with_a_scale_for_each_output(file):
    graph = summarise_graph(file)
    assert not graph_faults(graph, True) and not graph.float_tensors
    assert graph.input_quantization == (1.0, 0)
    assert len(set(graph.output_scales.values())) == 3


def test_ranges_of_training_are_the_scales_of_the_file(network, file):
    graph = summarise_graph(file)
    for name in ("bbox_regression", "landmarks"):
        low, high = network.ranges.numpy()[network.scales.group_of[network.program.outputs[name]]]
        assert graph.output_scales[name] == pytest.approx((high - low) / 255, rel=1e-4)


def test_the_file_computes_what_training_saw(network, file, batches):
    interpreter = Interpreter(model_content=file, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    runner = interpreter.get_signature_runner()
    scales = summarise_graph(file).output_scales
    image = batches[0][:1]
    expected = network(image)
    given = runner(image=image.astype(np.int8))
    details = runner.get_output_details()
    for name, scale in scales.items():
        values = (given[name].astype(np.float32) - details[name]["quantization"][1]) * scale
        steps = np.abs(values - expected[name].numpy()[..., -values.shape[-1] :]) / scale
        # Kernels round halves otherwise than training does; sixty layers of random weights spread that.
        assert steps.mean() < 4 and np.corrcoef(values.ravel(), np.ravel(expected[name]))[0, 1] > 0.98, name


@pytest.mark.slow
def test_input_sizes_share_one_training(network, file):
    assert summarise_graph(convert(network, (96, 64))).output_scales == summarise_graph(file).output_scales
