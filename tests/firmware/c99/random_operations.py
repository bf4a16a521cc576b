"""Random operations of every kind, with shapes, scales and values that the kernels should be ready for."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

PROBABILITY = (1 / 256, -128)
PADDINGS = SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
ACTIVATIONS = [getattr(schema.ActivationFunctionType, name) for name in ("NONE", "RELU", "RELU6")]


class Draw:
    """Random choices for a case; maps have up to `widest` channels, and layers up to `most_filters` of a group."""

    def __init__(self, seed, widest=9, most_filters=6):
        self.random = np.random.default_rng(seed)
        self.widest, self.most_filters = widest, most_filters

    def number(self, low, high):
        return int(self.random.integers(low, high + 1))

    def of(self, choices):
        return choices[self.number(0, len(choices) - 1)]

    def scale(self):
        return float(np.float32(np.exp(self.random.uniform(np.log(1e-3), np.log(2)))))

    def zero(self):
        return self.of([-128, 127, 0, self.number(-128, 127)])

    def map(self, largest=12):
        return (1, self.number(1, largest), self.number(1, largest), self.number(1, self.widest))

    def int8(self, shape):
        return self.random.integers(-128, 128, shape).astype(np.int8)


def out_size(size, window, stride, padding):
    return -(-size // stride) if padding == SAME else (size - window) // stride + 1


def window_case(draw, shape):
    """Window, strides, padding and the output's height and width for a map."""
    padding = draw.of(PADDINGS)
    height, width = draw.of([(draw.number(1, 5), draw.number(1, 5)), (3, 3), (1, 1)])
    if padding == VALID:
        height, width = min(height, shape[1]), min(width, shape[2])
    stride = draw.number(1, 3), draw.number(1, 3)
    rows, columns = (
        out_size(size, window, step, padding)
        for size, window, step in zip(shape[1:3], (height, width), stride, strict=True)
    )
    return height, width, stride, padding, rows, columns


def convolution(graph, draw):
    shape = draw.map()
    groups = draw.of([1, 1, 1, 2, 3])
    shape = (*shape[:3], shape[3] * groups)
    height, width, stride, padding, rows, columns = window_case(draw, shape)
    filters = draw.number(1, draw.most_filters) * groups
    scales = [0.5 * draw.scale() for _ in range(filters)] if draw.number(0, 3) else draw.scale()
    weights = draw.int8((filters, height, width, shape[3] // groups)) | 1  # never all zero
    source = graph.input(shape, draw.scale(), draw.zero())
    kernel = graph.tensor(weights.shape, scales, values=np.maximum(weights, -127))
    inputs = [source, kernel]
    if draw.number(0, 4):
        bias = draw.random.integers(-30000, 30000, filters)
        inputs.append(graph.tensor((filters,), scales, values=bias, dtype=np.int32))
    output = graph.output((1, rows, columns, filters), 5 * draw.scale(), draw.zero())
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = padding, *stride
    options.dilationHFactor = options.dilationWFactor = 1
    options.fusedActivationFunction = draw.of(ACTIVATIONS)
    graph.add("CONV_2D", inputs, output, options, version=3)


def depthwise(graph, draw):
    shape = draw.map()
    height, width, stride, padding, rows, columns = window_case(draw, shape)
    channels = shape[3]
    scales = [0.5 * draw.scale() for _ in range(channels)]
    source = graph.input(shape, draw.scale(), draw.zero())
    weights = np.maximum(draw.int8((1, height, width, channels)), -127)
    kernel = graph.tensor(weights.shape, scales, values=weights, axis=3)
    bias = graph.tensor((channels,), scales, values=draw.random.integers(-30000, 30000, channels), dtype=np.int32)
    output = graph.output((1, rows, columns, channels), 5 * draw.scale(), draw.zero())
    options = schema.DepthwiseConv2DOptionsT()
    options.padding, options.strideH, options.strideW = padding, *stride
    options.dilationHFactor = options.dilationWFactor = options.depthMultiplier = 1
    options.fusedActivationFunction = draw.of(ACTIVATIONS)
    graph.add("DEPTHWISE_CONV_2D", [source, kernel, bias], output, options, version=3)


def pooling(kind):
    def case(graph, draw):
        shape, (scale, zero) = draw.map(), (draw.scale(), draw.zero())
        height, width, stride, padding, rows, columns = window_case(draw, shape)
        source = graph.input(shape, scale, zero)
        output = graph.output((1, rows, columns, shape[3]), scale, zero)
        options = schema.Pool2DOptionsT()
        options.padding, options.strideH, options.strideW = padding, *stride
        options.filterHeight, options.filterWidth = height, width
        options.fusedActivationFunction = draw.of(ACTIVATIONS)
        graph.add(kind, [source], output, options, version=2)

    return case


def spread(draw, shape):
    """Shapes of two operands, of which one may be spread over the other."""
    _, height, width, channels = shape
    other = draw.of([shape, (1, 1, 1, channels), (1, height, width, 1), (1, 1, 1, 1)])
    return (shape, other) if draw.number(0, 1) else (other, shape)


def binary(kind, options_class):
    def case(graph, draw):
        shape = draw.map()
        first, second = spread(draw, shape) if kind != "SUB" else (shape, draw.of(spread(draw, shape)))
        inputs = [graph.input(first, draw.scale(), draw.zero())]
        if draw.number(0, 3):
            inputs.append(graph.input(second, draw.scale(), draw.zero()))
        else:
            inputs.append(graph.tensor(second, draw.scale(), draw.zero(), values=draw.int8(second)))
        output = graph.output(np.broadcast_shapes(first, second), 2 * draw.scale(), draw.zero())
        options = options_class()
        options.fusedActivationFunction = draw.of(ACTIVATIONS)
        graph.add(kind, inputs, output, options, version=2)

    return case


def unary(kind, options_class=None, output=None):
    def case(graph, draw):
        shape = draw.map()
        source = graph.input(shape, draw.scale(), draw.zero())
        target = graph.output(shape, *(output or (draw.scale(), draw.zero())))
        options = options_class() if options_class else None
        if kind == "LEAKY_RELU":
            options.alpha = float(np.float32(draw.of([0.1, 0.01, 0.3])))
        if kind == "SOFTMAX":
            options.beta = 1.0
        graph.add(kind, [source], target, options, version=2)

    return case


def reduction(kind):
    def case(graph, draw):
        shape, (scale, zero) = draw.map(), (draw.scale(), draw.zero())
        axes = draw.of([[1, 2], [-1], [2], [3], [1, 2, 3]])
        kept = tuple(1 if axis in [a % 4 for a in axes] else side for axis, side in enumerate(shape))
        source = graph.input(shape, scale, zero)
        constant = graph.tensor((len(axes),), values=np.array(axes), dtype=np.int32)
        other = (draw.scale(), draw.zero()) if kind == "MEAN" else (scale, zero)
        options = schema.ReducerOptionsT()
        options.keepDims = True
        graph.add(kind, [source, constant], graph.output(kept, *other), options, version=2)

    return case


def concatenation(graph, draw):
    shape, (scale, zero) = draw.map(), (draw.scale(), draw.zero())
    axis = draw.number(1, 3)
    sides = [draw.number(1, 5) for _ in range(draw.number(1, 4))]
    shapes = [(*shape[:axis], side, *shape[axis + 1 :]) for side in sides]
    inputs = [graph.input(each, scale, zero) for each in shapes]
    output = graph.output((*shape[:axis], sum(sides), *shape[axis + 1 :]), scale, zero)
    options = schema.ConcatenationOptionsT()
    options.axis = draw.of([axis, axis - 4])
    graph.add("CONCATENATION", inputs, output, options, version=2)


def strided_slice(graph, draw):
    shape, (scale, zero) = draw.map(), (draw.scale(), draw.zero())
    axis = draw.number(1, 3)
    begin = draw.number(0, shape[axis] - 1)
    end = draw.number(begin + 1, shape[axis])
    begins, ends = [0] * 4, list(shape)
    begins[axis], ends[axis] = begin, end
    options = schema.StridedSliceOptionsT()
    if draw.number(0, 1):
        options.beginMask = options.endMask = 15 - (1 << axis)
        ends = [0 if other != axis else end for other in range(4)]
    settings = [graph.tensor((4,), values=np.array(v), dtype=np.int32) for v in (begins, ends, [1] * 4)]
    output = graph.output((*shape[:axis], end - begin, *shape[axis + 1 :]), scale, zero)
    graph.add("STRIDED_SLICE", [graph.input(shape, scale, zero), *settings], output, options, version=2)


def upsampling(graph, draw):
    shape, (scale, zero) = draw.map(), (draw.scale(), draw.zero())
    size = np.array([shape[1] * draw.number(1, 4), shape[2] * draw.number(1, 4)])
    options = schema.ResizeNearestNeighborOptionsT()
    options.halfPixelCenters = bool(draw.number(0, 1))
    setting = graph.tensor((2,), values=size, dtype=np.int32)
    output = graph.output((1, *size, shape[3]), scale, zero)
    graph.add("RESIZE_NEAREST_NEIGHBOR", [graph.input(shape, scale, zero), setting], output, options, version=2)


def padding(graph, draw):
    shape, (scale, zero) = draw.map(), (draw.scale(), draw.zero())
    around = np.array([[0, 0], [draw.number(0, 3), draw.number(0, 3)], [draw.number(0, 3), draw.number(0, 3)], [0, 0]])
    setting = graph.tensor((4, 2), values=around, dtype=np.int32)
    output = graph.output(tuple(np.array(shape) + around.sum(axis=1)), scale, zero)
    graph.add("PAD", [graph.input(shape, scale, zero), setting], output, schema.PadOptionsT(), version=2)


OPERATIONS = {
    "ADD": binary("ADD", schema.AddOptionsT),
    "AVERAGE_POOL_2D": pooling("AVERAGE_POOL_2D"),
    "CONCATENATION": concatenation,
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "L2_NORMALIZATION": unary("L2_NORMALIZATION", schema.L2NormOptionsT, (1 / 128, 0)),
    "LEAKY_RELU": unary("LEAKY_RELU", schema.LeakyReluOptionsT),
    "LOGISTIC": unary("LOGISTIC", output=PROBABILITY),
    "MAX_POOL_2D": pooling("MAX_POOL_2D"),
    "MEAN": reduction("MEAN"),
    "MUL": binary("MUL", schema.MulOptionsT),
    "PAD": padding,
    "QUANTIZE": unary("QUANTIZE", schema.QuantizeOptionsT),
    "REDUCE_MAX": reduction("REDUCE_MAX"),
    "RELU": unary("RELU"),
    "RESIZE_NEAREST_NEIGHBOR": upsampling,
    "SOFTMAX": unary("SOFTMAX", schema.SoftmaxOptionsT, PROBABILITY),
    "STRIDED_SLICE": strided_slice,
    "SUB": binary("SUB", schema.SubOptionsT),
}
