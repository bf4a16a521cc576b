from types import SimpleNamespace

import numpy as np
import pytest

from ffkeras.backend import keras
from ffkeras.conversion import tflite
from ffkeras.layers.channel_statistics import ChannelMax
from ffkeras.models.trace import trace
from ffkeras.tflite_file.summary import summarise_graph

SIZE = (16, 16)
MEAN = (128.0, 128.0, 128.0)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(8)]


def run_both(build, images):
    """Outputs of a small network in float and in int8, for each image, and the int8 file's summary."""
    from ai_edge_litert.interpreter import Interpreter

    keras.utils.set_random_seed(0)
    network = trace(lambda pixels: {"output": build(pixels)}, "network", SIZE, 1)
    model = SimpleNamespace(
        flat=lambda image_size, batch_size: network,
        variables=[weight for call in network.calls for weight in call.layer.weights],
        config=SimpleNamespace(mean=MEAN),
    )
    data = tflite.convert_graph(model, SIZE, images)
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    scale, zero_point = target["quantization"]
    expected, actual = [], []
    for image in images:
        expected.append(network.run(image[None].astype(np.float32) - 128)["output"].numpy())
        interpreter.set_tensor(source["index"], (image[None].astype(np.int16) - 128).astype(np.int8))
        interpreter.invoke()
        actual.append((interpreter.get_tensor(target["index"]).astype(np.float32) - zero_point) * scale)
    return np.array(expected), np.array(actual), summarise_graph(data)


def test_values_below_the_smallest_maximum_survive(images):
    def gated(pixels):
        small = keras.initializers.RandomNormal(stddev=0.01)
        maps = keras.layers.Conv2D(8, 3, padding="same", kernel_initializer=small)(pixels)
        gate = keras.layers.Activation("sigmoid")(keras.layers.Conv2D(1, 1)(ChannelMax()(maps)))
        return keras.layers.Multiply()([maps, gate])

    expected, actual, graph = run_both(gated, images)
    assert graph.operations["REDUCE_MAX"] == 1
    assert actual.min() < 0.9 * expected.min() < 0
    assert np.sqrt(((actual - expected) ** 2).mean()) < 0.05 * expected.std()


def test_hidden_units_that_are_always_off_leave_a_file_that_loads(images):
    def with_a_dead_branch(pixels):
        off = keras.layers.Conv2D(4, 1, activation="relu", bias_initializer=keras.initializers.Constant(-1e4))(pixels)
        return keras.layers.Add()([keras.layers.Conv2D(8, 1)(pixels), keras.layers.Conv2D(8, 1)(off)])

    expected, actual, _ = run_both(with_a_dead_branch, images)
    assert np.sqrt(((actual - expected) ** 2).mean()) < 0.05 * expected.std()
