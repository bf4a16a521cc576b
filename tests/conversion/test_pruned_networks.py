import numpy as np
import pytest

from ffkeras.conversion.tflite import convert
from ffkeras.runtime import Interpreter
from ffkeras.tflite_file.summary import graph_faults, summarise_graph
from tests.models.networks import lively_network
from tests.models.odd_networks import ODD_NETWORKS

IMAGE_SIZE = (64, 96)
CALLS_OF_SPATIAL_GATES = {"nano_b": 3 + 3, "v2_ultra": 3 + 3 * 3 + 1}  # on the backbone, on the pyramid


@pytest.fixture(scope="module", params=[pytest.param("v2_ultra", marks=pytest.mark.slow), "nano_b"])
def network(request):
    return lively_network(ODD_NETWORKS[request.param])


def test_a_network_of_odd_widths_converts_to_the_same_outputs(network, canvases, tmp_path):
    path = tmp_path / "odd.tflite"
    path.write_bytes(convert(network, IMAGE_SIZE))
    converted = Interpreter(path).run(canvases[0])
    for name, values in network(canvases[0][None].astype(np.float32) - 128).items():
        expected = values.numpy()[0, :, -converted[name].shape[-1] :]
        np.testing.assert_allclose(converted[name], expected, atol=1e-3 * max(1, np.abs(expected).max()))


def test_a_network_of_odd_widths_converts_to_whole_numbers(network, canvases):
    graph = summarise_graph(convert(network, IMAGE_SIZE, canvases[:4]))
    assert graph.float_tensors == ()
    assert graph_faults(graph, int8=True) == []
    assert graph.operations["RELU"] == CALLS_OF_SPATIAL_GATES[network.config.network]  # each rectifies its maximum
