from collections import Counter

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from ffkeras.backend import keras, tf
from ffkeras.conversion.xnnpack_passes import RULES, apply_xnnpack_passes, has_xnnpack_forms
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.summary import summarise_graph

layers = keras.layers


def int8_file(shape, build):
    """A small network in int8."""
    x = keras.Input(shape, 1)
    model = keras.Model(x, build(x))
    rng = np.random.default_rng(0)
    forward = tf.function(lambda a: {"y": model(a)}, input_signature=[tf.TensorSpec((1, *shape), tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([forward.get_concrete_function()], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([rng.normal(size=(1, *shape)).astype(np.float32)] for _ in range(3))
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def run(model, seed=1):
    """The output on random numbers, on TensorFlow's reference kernels."""
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    values = np.random.default_rng(seed).integers(-128, 128, details["shape"]).astype(np.int8)
    interpreter.set_tensor(details["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).astype(int)


def operations(model):
    return Counter(summarise_graph(model).operations)


def scaled_and_upsampled(x):
    return layers.Rescaling(0.3)(layers.UpSampling2D(2)(layers.Conv2D(3, 1)(x)))


@pytest.mark.parametrize(
    ("shape", "build", "gone", "new"),
    [
        ((4, 6, 5), layers.UpSampling2D(2), "RESIZE_NEAREST_NEIGHBOR", "CONCATENATION"),
        ((2, 3, 5), layers.UpSampling2D(4), "RESIZE_NEAREST_NEIGHBOR", "CONCATENATION"),
        ((4, 6, 5), scaled_and_upsampled, "RESIZE_NEAREST_NEIGHBOR", "CONCATENATION"),
        ((6, 6, 8), layers.Conv2D(12, 3, padding="same", groups=4), None, "CONV_2D"),
        ((8, 12, 2), layers.Conv2D(1, 7, padding="same"), None, "RESHAPE"),
        ((8, 16, 1), layers.Conv2D(3, 5, padding="same"), None, "RESHAPE"),
        ((16, 24, 3), layers.Conv2D(8, 3, 2, padding="same"), None, "RESHAPE"),
        ((8, 6, 2), layers.Conv2D(1, 7, padding="same"), "RESHAPE", "CONV_2D"),  # six columns: left as it is
        ((8, 12, 2), layers.Conv2D(1, 7), "RESHAPE", "CONV_2D"),  # without padding: left as it is
    ],
)
def test_a_fast_form_gives_the_same_numbers(shape, build, gone, new):
    before = int8_file(shape, build)
    after = apply_xnnpack_passes(before)
    assert new in operations(after)
    assert gone not in operations(after)
    np.testing.assert_array_equal(run(after), run(before))


def test_a_constant_factor_is_applied_to_the_smaller_map():
    graph = TfliteGraph(apply_xnnpack_passes(int8_file((4, 6, 5), scaled_and_upsampled)))
    (product,) = [operator for operator in graph.operators if graph.kind(operator) == "MUL"]
    assert graph.shape(product.outputs[0]) == (1, 4, 6, 3)


@pytest.mark.parametrize("side", [2, 4])
def test_a_pool_without_border_is_off_by_the_rounding_of_halves(side):
    before = int8_file((8, 12, 20), layers.AveragePooling2D(side))
    after = apply_xnnpack_passes(before)
    assert operations(after) == {"DEPTHWISE_CONV_2D": 1}
    difference = run(after) - run(before)
    assert set(np.unique(difference)) <= {0, 1}
    assert difference.mean() < 0.2  # means below zero that lie halfway: half of a quarter at most


def test_a_pool_over_the_border_counts_the_pixels_inside():
    before = int8_file((8, 12, 20), layers.AveragePooling2D(3, 1, padding="same"))
    after = apply_xnnpack_passes(before)
    assert operations(after) == {"DEPTHWISE_CONV_2D": 1, "MUL": 1}
    difference = np.abs(run(after) - run(before))
    assert difference[:, 1:-1, 1:-1].max() == 0
    assert difference.max() <= 2  # one rounding, enlarged 9/4 times, and another


@pytest.mark.parametrize("shape", [(1, 5, 20), (5, 1, 20)])
def test_a_pool_over_a_map_one_pixel_high_or_wide_is_left_alone(shape):
    before = int8_file(shape, layers.AveragePooling2D(3, 1, padding="same"))
    assert operations(apply_xnnpack_passes(before)) == operations(before)


@pytest.mark.parametrize("rule", RULES)
def test_nothing_is_left_over_in_the_file(rule, v2_ultra_int8_plain):
    graph = TfliteGraph(v2_ultra_int8_plain)
    graph.apply(RULES[rule])
    written = TfliteGraph(graph.to_bytes())
    used = {int(i) for operator in written.operators for i in (*operator.inputs, *operator.outputs)}
    assert used - {-1} == set(range(len(written.tensors)))
    assert len(written.tree.buffers) <= len(written.tensors) + 1 + len(written.tree.metadata or [])


def test_a_whole_network_loses_what_xnnpack_does_not_take(v2_ultra_int8_plain):
    after = apply_xnnpack_passes(v2_ultra_int8_plain)
    assert not {"AVERAGE_POOL_2D", "RESIZE_NEAREST_NEIGHBOR"} & operations(after).keys()
    before, graph = summarise_graph(v2_ultra_int8_plain), summarise_graph(after)
    assert (graph.outputs, graph.output_scales) == (before.outputs, before.output_scales)
    assert apply_xnnpack_passes(after) == after
    assert has_xnnpack_forms(after)
    assert not has_xnnpack_forms(v2_ultra_int8_plain)


def test_a_whole_network_gives_the_same_numbers_but_for_its_pools(v2_ultra_int8_plain):
    graph = TfliteGraph(v2_ultra_int8_plain)
    for name, rule in RULES.items():
        if "pools" not in name:
            graph.apply(rule)
    np.testing.assert_array_equal(run(graph.to_bytes()), run(v2_ultra_int8_plain))
