"""Layers that look at many values for each of their results: means, maxima, rows of probabilities."""

import math

import numpy as np

from ffkeras.firmware.c_network.fixed_point import Factor
from ffkeras.firmware.c_network.layer import Layer, one_call
from ffkeras.firmware.c_network.operation import Operation
from ffkeras.firmware.c_network.tables import softmax_exponentials

LARGEST_SUM_COUNT = 1 << 23  # int8 values whose sum stays within int32_t
LONGEST_SOFTMAX = 4095  # exponentials whose sum has room
LONGEST_NORMALIZED = 1 << 15  # squares whose sum stays within int32_t


def reduction(op: Operation) -> Layer:
    """MEAN and REDUCE_MAX over neighbouring axes."""
    shape = op.shape(op.inputs[0])
    axes = sorted({axis % len(shape) for axis in op.settings(1)})
    first, last = axes[0], axes[-1]
    op.require(axes == list(range(first, last + 1)), f"over the axes {axes}")
    outer, count, inner = (math.prod(sides) for sides in (shape[:first], shape[first : last + 1], shape[last + 1 :]))
    op.require(count <= LARGEST_SUM_COUNT, f"over {count} values")
    fields = {
        "outer": outer,
        "count": count,
        "inner": inner,
        "input_zero_point": op.zero_point(op.inputs[0]),
        "output": op.output_range(),
    }
    if op.kind == "REDUCE_MAX":
        op.require(op.keeps_scale(op.inputs[0]), "with another scale at its output")
        return one_call("int8_maximum", "Int8Reduction", fields, op.inputs[:1], op.output)
    factor = _divided(op.factor(op.ratio()), count)
    fields["factor"] = {"multiplier": factor.multiplier, "shift": factor.shift}
    return one_call("int8_mean", "Int8Reduction", fields, op.inputs[:1], op.output)


def _divided(factor: Factor, count: int) -> Factor:
    """A factor divided by a whole number, in as many bits as the reference takes."""
    bits = min(count.bit_length() - 1, 32, 31 + factor.shift)
    return Factor((factor.multiplier << bits) // count, factor.shift - bits)


def softmax(op: Operation) -> Layer:
    """SOFTMAX over the last axis."""
    quantization = float(op.scale(op.output)), op.zero_point(op.output)
    op.require(quantization == (1 / 256, -128), "with an output that is not in 1/256")
    columns = op.shape(op.output)[-1]
    op.require(columns <= LONGEST_SOFTMAX, f"over {columns} values")
    exponentials = softmax_exponentials(op.scale(op.inputs[0]), op.options.beta)
    fields = {
        "rows": op.size(op.output) // columns,
        "columns": columns,
        "lowest": 1 - len(exponentials),
        "exponentials": op.constant("exponentials", exponentials),
    }
    return one_call("int8_softmax", "Int8Softmax", fields, op.inputs[:1], op.output, distances=op.in_place(op.inputs))


def normalization(op: Operation) -> Layer:
    """L2_NORMALIZATION over the last axis."""
    quantization = op.scale(op.output), op.zero_point(op.output)
    op.require(quantization == (np.float32(1 / 128), 0), "with an output that is not in 1/128")
    columns = op.shape(op.output)[-1]
    op.require(columns <= LONGEST_NORMALIZED, f"over {columns} values")
    fields = {
        "rows": op.size(op.output) // columns,
        "columns": columns,
        "input_zero_point": op.zero_point(op.inputs[0]),
    }
    return one_call(
        "int8_normalize", "Int8Normalization", fields, op.inputs[:1], op.output, distances=op.in_place(op.inputs)
    )
