"""Convolutions of few channels in forms that fill the lanes of vector instructions."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.tflite_file.graph import TfliteGraph

LANES = 8  # input channels that int8 kernels take at a time; fewer are filled up with zeros


def ungroup(graph: TfliteGraph, operator: schema.OperatorT) -> list[schema.OperatorT] | None:
    """A grouped convolution as a dense one with zeros between the groups.

    XNNPACK runs each group on its own; two or four output channels use an eighth or a quarter of its vectors.
    """
    if graph.kind(operator) != "CONV_2D":
        return None
    source, kernel, bias = operator.inputs
    in_channels, (filters, height, width, depth) = graph.shape(source)[3], graph.shape(kernel)
    if depth == in_channels:
        return None
    groups = in_channels // depth
    weights = graph.values(kernel).reshape(groups, filters // groups, height, width, depth)
    dense = np.zeros((groups, filters // groups, height, width, groups, depth), weights.dtype)
    for group in range(groups):
        dense[group, ..., group, :] = weights[group]
    name = f"{graph.name(kernel)}/dense"
    dense = dense.reshape(filters, height, width, in_channels)
    operator.inputs = [source, graph.add_constant(name, dense, graph.quantization(kernel)), bias]
    return [operator]


def join_columns(graph: TfliteGraph, operator: schema.OperatorT) -> list[schema.OperatorT] | None:
    """Take neighbouring columns of pixels as channels, and compute as many columns of the output at once.

    [1, H, W, C] and [1, H, W / n, n * C] are the same numbers in the same order, so that only the kernel changes: for
    each of the n columns its own copy, shifted, with zeros around.
    """
    if graph.kind(operator) != "CONV_2D" or not graph.is_int8(operator.inputs[0]):
        return None
    source, kernel, bias = operator.inputs
    output, options = operator.outputs[0], operator.builtinOptions
    (_, height, width, channels), (_, out_height, out_width, filters) = graph.shape(source), graph.shape(output)
    side = graph.shape(kernel)[2]
    columns = _columns(channels)
    usable = columns > 1 and width % columns == 0 and out_width % columns == 0 and side > 1
    if not usable or options.padding != schema.Padding.SAME or options.dilationWFactor != 1:
        return None
    stride = options.strideW
    left = _padding(width, out_width, side, stride)
    first = -(-left // columns)  # joined columns before the first that an output starts in
    last = (stride * (columns - 1) + side - 1 - left) // columns
    if _padding(width // columns, out_width // columns, first + last + 1, stride) != first:
        return None
    name = graph.name(output)
    joined_source = graph.add_like(source, f"{name}/joined_input", (1, height, width // columns, columns * channels))
    joined_output = graph.add_like(output, f"{name}/joined", (1, out_height, out_width // columns, columns * filters))
    shifts = [first * columns - left + stride * column for column in range(columns)]
    weights = _joined_weights(graph.values(kernel), shifts, (first + last + 1) * columns, columns)
    operator.inputs = [
        joined_source,
        graph.add_constant(f"{name}/weights", weights, _tiled(graph.quantization(kernel), columns)),
        graph.add_constant(
            f"{name}/bias", np.tile(graph.values(bias), columns), _tiled(graph.quantization(bias), columns)
        ),
    ]
    operator.outputs = [joined_output]
    return [graph.reshape(source, joined_source), operator, graph.reshape(joined_output, output)]


def _columns(channels: int) -> int:
    """The largest power of two of columns that have no more channels together than one step of a kernel takes."""
    columns = 1
    while 2 * columns * channels <= LANES:
        columns *= 2
    return columns


def _padding(length: int, out_length: int, side: int, stride: int) -> int:
    """Pixels of padding on the left where the padding is SAME."""
    return max((out_length - 1) * stride + side - length, 0) // 2


def _joined_weights(weights: np.ndarray, shifts: list[int], width: int, columns: int) -> np.ndarray:
    """[N, H, W, C] -> [columns * N, H, width / columns, columns * C], column i shifted by shifts[i] pixels."""
    filters, height, side, channels = weights.shape
    joined = np.zeros((columns, filters, height, width, channels), weights.dtype)
    for column, shift in enumerate(shifts):
        joined[column, :, :, shift : shift + side] = weights
    return joined.reshape(columns * filters, height, width // columns, columns * channels)


def _tiled(quantization: schema.QuantizationParametersT, times: int) -> schema.QuantizationParametersT:
    """The scales of a kernel or bias whose output channels are there `times` times."""
    if len(quantization.scale) == 1:
        return quantization
    return schema.QuantizationParametersT(
        scale=np.tile(quantization.scale, times),
        zeroPoint=np.tile(quantization.zeroPoint, times),
        quantizedDimension=quantization.quantizedDimension,
    )
