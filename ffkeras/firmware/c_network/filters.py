"""The numbers of a filter as the kernels want them: weights in blocks, and what scales each channel's sums."""

from dataclasses import dataclass

import numpy as np

from ffkeras.firmware.c_network.fixed_point import Factor
from ffkeras.firmware.c_network.layer import SCALING
from ffkeras.firmware.c_network.operation import Operation
from ffkeras.firmware.c_network.tables import HIGHEST, LOWEST
from ffkeras.tflite_file.graph import ABSENT

BLOCK = 4  # filters, and inputs, that lie together; see Int8Convolution in c99/int8_kernels.h
LARGEST_RIGHT_SHIFT = 22  # so that zero_point * 2^shift has room beside the value
OTHER_SHIFT = 64  # INT8_OTHER_SHIFT of c99/int8_scaling.h
LARGEST_SUM = 2**30 - 1  # of which twice as much fits into int32


@dataclass(frozen=True)
class Filters:
    """What a convolution's file says of its filters.

    Args:
        weights: int8, in the file's order.
        bias: int64 [filters], without the share of the input's zero point.
        factors: of each filter, from its sums to the output.
    """

    weights: np.ndarray
    bias: np.ndarray
    factors: tuple[Factor, ...]


def read_filters(op: Operation, count: int, axis: int) -> Filters:
    """The filters of a CONV_2D (axis 0 of its weights) or DEPTHWISE_CONV_2D (axis 3)."""
    op.require(op.graph.is_int8(op.inputs[1]), "with weights that are not int8")
    weights = op.graph.values(op.inputs[1])
    op.require(weights is not None, "with weights that the network computes")
    quantization = op.graph.quantization(op.inputs[1])
    zero_points = quantization.zeroPoint
    op.require(zero_points is None or not np.any(zero_points), "with weights that have a zero point")
    scales = op.scales(op.inputs[1])
    op.require(len(scales) in (1, count), f"with {len(scales)} scales for {count} filters")
    op.require(len(scales) == 1 or quantization.quantizedDimension == axis, "with scales along another axis")
    scales = np.broadcast_to(scales, count).astype(np.float64)
    input_scale, output_scale = float(op.scale(op.inputs[0])), float(op.scale(op.output))
    factors = tuple(op.factor(input_scale * float(scale) / output_scale) for scale in scales)
    bias = np.zeros(count, np.int64)
    if len(op.inputs) > 2 and op.inputs[2] != ABSENT:
        values = op.graph.values(op.inputs[2])
        op.require(values is not None and values.dtype == np.int32, "with a bias that is no int32 constant")
        bias = values.astype(np.int64)
    return Filters(weights, bias, factors)


def block_weights(weights: np.ndarray, groups: int) -> np.ndarray:
    """int8 [filters, height, width, inputs] in the order of Int8Convolution, with its zeros."""
    filters, height, width, inputs = weights.shape
    rows = weights.reshape(groups, filters // groups, height, width * inputs)
    missing = [(0, 0), (0, -rows.shape[1] % BLOCK), (0, 0), (0, -rows.shape[3] % BLOCK)]
    rows = np.pad(rows, missing)
    return rows.reshape(groups, rows.shape[1] // BLOCK, BLOCK, -1, BLOCK).transpose(0, 1, 3, 2, 4)


def padded_length(height: int, width: int, inputs: int) -> int:
    """Weights of one filter with the zeros behind its rows."""
    return height * (-(-width * inputs // BLOCK) * BLOCK)


def scaling_table(filters: Filters, axis: int, input_zero: int, output_zero: int, folded: bool) -> np.ndarray:
    """SCALING [filters]: the C struct Int8Scaling of each.

    Args:
        filters: of a layer.
        axis: along which the weights have a filter each.
        input_zero, output_zero: zero points.
        folded: whether the bias gets the share of the input's zero point.
    """
    weights = np.moveaxis(filters.weights.astype(np.int64), axis, 0).reshape(len(filters.factors), -1)
    share = -input_zero * weights.sum(axis=1)
    highest = np.where(weights > 0, weights * HIGHEST, weights * LOWEST).sum(axis=1)
    lowest = np.where(weights > 0, weights * LOWEST, weights * HIGHEST).sum(axis=1)
    largest = np.maximum(abs(filters.bias + share + highest), abs(filters.bias + share + lowest))
    rows = [_scaling(factor, int(bound), output_zero) for factor, bound in zip(filters.factors, largest, strict=True)]
    table = np.zeros(len(rows), SCALING)
    table["multiplier"], table["rounding"], table["shift"] = np.array(rows).T
    table["bias"] = _wrapped(filters.bias + share if folded else filters.bias)
    return table


def _scaling(factor: Factor, largest: int, output_zero: int) -> tuple[int, int, int]:
    """Multiplier, rounding and shift for sums up to `largest`."""
    right = -factor.shift
    if 1 <= right <= LARGEST_RIGHT_SHIFT and largest <= LARGEST_SUM:
        return factor.multiplier, (1 << (right - 1)) + output_zero * (1 << right), right
    return factor.multiplier, output_zero, factor.shift - OTHER_SHIFT


def scaling_fields(factor: Factor, largest: int, output_zero: int) -> dict[str, int]:
    """The C struct Int8Scaling of a whole layer, for sums or products up to `largest`."""
    numbers = (0, *_scaling(factor, largest, output_zero))
    return dict(zip(SCALING.names, numbers, strict=True))


def _wrapped(values: np.ndarray) -> np.ndarray:
    """int64 as int32; what is beyond wraps, as the reference's own sums would."""
    return (values & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def channels_fields(op: Operation, table: np.ndarray) -> dict[str, int | str]:
    """The C struct Int8Channels for the scaling of a layer's channels."""
    output = op.output_range()
    takes_all = (output["low"], output["high"]) == (LOWEST, HIGHEST)
    is_simple = takes_all and bool(np.all(table["shift"] > 0))
    return {"scaling": op.constant("scaling", table), "is_simple": int(is_simple)}


def padded_channels(table: np.ndarray, groups: int) -> np.ndarray:
    """SCALING of a convolution's channels, those of each group with some that give 0 up to a multiple of four."""
    grouped = table.reshape(groups, -1)
    nothing = np.array((0, 0, 0, 1), SCALING)
    return np.concatenate([grouped, np.full((groups, -grouped.shape[1] % BLOCK), nothing)], axis=1).ravel()
