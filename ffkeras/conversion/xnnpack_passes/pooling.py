"""Int8 average pooling as a depthwise convolution: XNNPACK has no int8 kernel for AVERAGE_POOL_2D."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.tflite_file.graph import TfliteGraph

WEIGHT = 4  # of every pixel: together with a bias of 1, a quarter of a unit, no mean lies halfway between two numbers
UNITS = 12  # the border's factors 1, 3/2 and 9/4 are 48, 72 and 108 units of 1/48, exactly
SHARPENING_SIDE = 3  # the one pool that runs over the border


def pool_by_convolution(graph: TfliteGraph, operator: schema.OperatorT) -> list[schema.OperatorT] | None:
    """Convolve with equal weights; at the border, divide by the pixels that are there.

    Kernels round numbers halfway between two in their own ways, so that a bias keeps means off them: all runtimes give
    the same. A mean that was rounded from halfway may be one step higher than AVERAGE_POOL_2D's.
    """
    if graph.kind(operator) != "AVERAGE_POOL_2D" or not graph.is_int8(operator.inputs[0]):
        return None
    options, source, output = operator.builtinOptions, operator.inputs[0], operator.outputs[0]
    side = options.filterHeight
    over_border = _runs_over_border(graph, operator)
    if options.filterWidth != side or (over_border and not _has_border_factors(graph, operator)):
        return None
    name = graph.name(output)
    means = graph.add_like(output, f"{name}/inner", graph.shape(output)) if over_border else output
    convolution = graph.operation(
        "DEPTHWISE_CONV_2D",
        [source, *_equal_weights(graph, name, source, side)],
        means,
        version=3,
        padding=options.padding,
        strideW=options.strideW,
        strideH=options.strideH,
        depthMultiplier=1,
        dilationWFactor=1,
        dilationHFactor=1,
        fusedActivationFunction=options.fusedActivationFunction,
    )
    if not over_border:
        return [convolution]
    return [convolution, graph.operation("MUL", [means, _border_factors(graph, name, output)], output, version=2)]


def _runs_over_border(graph: TfliteGraph, operator: schema.OperatorT) -> bool:
    options = operator.builtinOptions
    _, height, width, _ = graph.shape(operator.inputs[0])
    whole = height % options.filterHeight == 0 and width % options.filterWidth == 0
    apart = (options.strideH, options.strideW) == (options.filterHeight, options.filterWidth)
    return options.padding == schema.Padding.SAME and not (apart and whole)


def _has_border_factors(graph: TfliteGraph, operator: schema.OperatorT) -> bool:
    """Whether a pool over the border is the one that `_border_factors` is for; a map one pixel wide has two borders."""
    options = operator.builtinOptions
    sharpening = (options.filterHeight, options.strideH, options.strideW) == (SHARPENING_SIDE, 1, 1)
    return sharpening and min(graph.shape(operator.inputs[0])[1:3]) > 1


def _equal_weights(graph: TfliteGraph, name: str, source: int, side: int) -> list[int]:
    channels = graph.shape(source)[3]
    scales = np.full(channels, 1 / (WEIGHT * side**2), np.float32)
    zeros = np.zeros(channels, np.int64)
    weights = graph.add_constant(
        f"{name}/weights",
        np.full((1, side, side, channels), WEIGHT, np.int8),
        schema.QuantizationParametersT(scale=scales, zeroPoint=zeros, quantizedDimension=3),
    )
    bias_scales = (scales * graph.quantization(source).scale[0]).astype(np.float32)
    bias = graph.add_constant(
        f"{name}/bias",
        np.ones(channels, np.int32),
        schema.QuantizationParametersT(scale=bias_scales, zeroPoint=zeros, quantizedDimension=0),
    )
    return [weights, bias]


def _border_factors(graph: TfliteGraph, name: str, output: int) -> int:
    """9 pixels by those of them inside the map, [1, H, W, 1]."""
    _, height, width, _ = graph.shape(output)
    rows, columns = (np.full(length, SHARPENING_SIDE, np.float32) for length in (height, width))
    for line in (rows, columns):
        line[[0, -1]] = SHARPENING_SIDE - 1
    factors = SHARPENING_SIDE**2 / np.outer(rows, columns)
    units = np.round(factors * 4 * UNITS).astype(np.int8)[None, :, :, None]
    quantization = schema.QuantizationParametersT(
        scale=np.array([1 / (4 * UNITS)], np.float32), zeroPoint=np.zeros(1, np.int64)
    )
    return graph.add_constant(f"{name}/border", units, quantization)
