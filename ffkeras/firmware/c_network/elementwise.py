"""Layers that treat every value alike: sums, products, functions of one value."""

import math

import numpy as np

from ffkeras.firmware.c_network.filters import scaling_fields
from ffkeras.firmware.c_network.fixed_point import Factor
from ffkeras.firmware.c_network.layer import Call, Layer, Place, one_call
from ffkeras.firmware.c_network.operation import Operation
from ffkeras.firmware.c_network.tables import leaky_table, logistic_table, product_table, requantize_table

COMMON_SHIFT = 20  # bits of precision that ADD's common scale has beyond int8
LARGEST_SUM = 255 << COMMON_SHIFT  # of two numbers on the common scale, each of them halved
LARGEST_PRODUCT = 255**2
LARGEST_TABLE_SHIFT = 14  # products of two values have 17 bits with their sign
PROBABILITY = (np.float32(1 / 256), -128)  # the scale and zero point of all probabilities


def addition(op: Operation) -> Layer:
    """ADD and SUB."""
    first, second, spread = _spread(op, may_swap=op.kind == "ADD")
    common = 2 * float(max(op.scale(first), op.scale(second)))
    precise_output = (1 << COMMON_SHIFT) * float(op.scale(op.output))
    fields = {
        "spread": spread,
        "first_zero_point": op.zero_point(first),
        "second_zero_point": op.zero_point(second),
        "first": _factor(op.factor(float(op.scale(first)) / common)),
        "second": _factor(op.factor(float(op.scale(second)) / common)),
        "sum": scaling_fields(op.factor(common / precise_output), LARGEST_SUM, op.zero_point(op.output)),
        "output": op.output_range(),
    }
    kernel = "int8_add" if op.kind == "ADD" else "int8_subtract"
    inputs = (first, second)
    return one_call(kernel, "Int8Addition", fields, inputs, op.output, source="int8_add", distances=op.in_place(inputs))


def multiplication(op: Operation) -> Layer:
    """MUL; by a single constant it is a function of one value."""
    first, second, spread = _spread(op, may_swap=True)
    scales = (float(op.scale(tensor)) for tensor in (*op.inputs, op.output))
    left, right, output = scales
    product = op.factor(left * right / output)
    constant = op.graph.values(second) if spread["count"] == 1 else None
    if constant is not None and product.shift <= LARGEST_TABLE_SHIFT:
        by = int(constant.ravel()[0]) - op.zero_point(second)
        return _lookup(op, first, product_table(product, op.zero_point(first), by, op.output_range()))
    fields = {
        "spread": spread,
        "first_zero_point": op.zero_point(first),
        "second_zero_point": op.zero_point(second),
        "product": scaling_fields(product, LARGEST_PRODUCT, op.zero_point(op.output)),
        "output": op.output_range(),
    }
    inputs = (first, second)
    return one_call("int8_multiply", "Int8Multiplication", fields, inputs, op.output, distances=op.in_place(inputs))


def logistic(op: Operation) -> Layer:
    """LOGISTIC."""
    op.require((op.scale(op.output), op.zero_point(op.output)) == PROBABILITY, "with an output that is not in 1/256")
    source = op.inputs[0]
    return _lookup(op, source, logistic_table(op.scale(source), op.zero_point(source)))


def requantization(op: Operation) -> Layer:
    """QUANTIZE from int8 to int8, and RELU."""
    zero = op.zero_point(op.output)
    low = max(-128, zero) if op.kind == "RELU" else -128
    return _lookup(op, op.inputs[0], requantize_table(op.factor(op.ratio()), op.zero_point(op.inputs[0]), zero, low))


def leaky_relu(op: Operation) -> Layer:
    """LEAKY_RELU."""
    source, output = op.scale(op.inputs[0]), op.scale(op.output)
    slope = float(source * np.float32(op.options.alpha) / output)
    factors = op.factor(float(source / output)), op.factor(slope)
    return _lookup(op, op.inputs[0], leaky_table(*factors, op.zero_point(op.inputs[0]), op.zero_point(op.output)))


def _lookup(op: Operation, source: int, table: np.ndarray) -> Layer:
    name = op.constant("table", table)
    arguments = (name, str(op.size(op.output)), Place(source), Place(op.output))
    return Layer(
        sources=("int8_lookup",),
        calls=(Call("int8_lookup", arguments),),
        inputs=(source,),
        output=op.output,
        distances=op.in_place((source,)),
    )


def _factor(factor: Factor) -> dict[str, int]:
    """The C struct Int8Factor."""
    return {"multiplier": factor.multiplier, "shift": factor.shift}


def _spread(op: Operation, may_swap: bool) -> tuple[int, int, dict[str, int]]:
    """The input with the output's shape, the other one, and how that is spread over it (the C struct Int8Spread)."""
    first, second = op.inputs
    shape = op.shape(op.output)
    if op.shape(first) != shape and may_swap:
        first, second = second, first
    what = f"of {list(op.shape(op.inputs[0]))} and {list(op.shape(op.inputs[1]))}"
    op.require(op.shape(first) == shape, what)
    other = (1,) * (len(shape) - len(op.shape(second))) + op.shape(second)
    wide = [axis for axis in range(len(shape)) if other[axis] > 1]
    start, end = (wide[0], wide[-1] + 1) if wide else (len(shape), len(shape))
    op.require(other[start:end] == shape[start:end], what)
    parts = {"outer": shape[:start], "count": shape[start:end], "repeat": shape[end:]}
    return first, second, {name: math.prod(sides) for name, sides in parts.items()}
