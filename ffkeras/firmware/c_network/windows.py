"""Layers with a window that moves over a map: convolutions and poolings."""

import numpy as np

from ffkeras.conversion.open_graph import ABSENT
from ffkeras.firmware.c_network.layer import Layer, one_call
from ffkeras.firmware.c_network.operation import Operation

LARGEST_SUM = 2**31 - 1  # of products, in C's int32_t


def convolution(op: Operation) -> Layer:
    """CONV_2D, grouped ones too."""
    _, _, input_channels = op.map_shape(op.inputs[0])
    output_channels, height, width, group_channels = op.shape(op.inputs[1])
    op.require(input_channels % group_channels == 0, f"of {input_channels} channels in groups of {group_channels}")
    groups = input_channels // group_channels
    op.require(output_channels % groups == 0, f"of {output_channels} filters in {groups} groups")
    window = _window(op, height, width)
    weights, channels = _filters(op, output_channels, axis=0)
    zero_point = op.zero_point(op.inputs[0])
    bias = channels.pop("bias") - zero_point * weights.astype(np.int64).reshape(output_channels, -1).sum(axis=1)
    patch = height * width * group_channels
    op.require(patch * 2**14 <= LARGEST_SUM, f"of {patch} weights for one value")
    fields = {
        "window": window,
        "input_channels": input_channels,
        "output_channels": output_channels,
        "groups": groups,
        "input_zero_point": zero_point,
        "output": op.output_range(),
        "weights": op.constant("weights", weights),
        "channels": _channels(op, bias, channels),
    }
    is_pointwise = height == width == 1
    return one_call(
        "int8_convolution",
        "Int8Convolution",
        fields,
        op.inputs[:1],
        op.output,
        distances=_distances(op, window),
        scratch=0 if is_pointwise else patch,
    )


def depthwise(op: Operation) -> Layer:
    """DEPTHWISE_CONV_2D with one filter for each channel."""
    _, _, channel_count = op.map_shape(op.inputs[0])
    _, height, width, output_channels = op.shape(op.inputs[1])
    op.require(output_channels == channel_count, f"of {channel_count} to {output_channels} channels")
    window = _window(op, height, width)
    weights, channels = _filters(op, channel_count, axis=3)
    fields = {
        "window": window,
        "channel_count": channel_count,
        "input_zero_point": op.zero_point(op.inputs[0]),
        "output": op.output_range(),
        "weights": op.constant("weights", weights),
        "channels": _channels(op, channels.pop("bias"), channels),
    }
    return one_call(
        "int8_depthwise", "Int8Depthwise", fields, op.inputs[:1], op.output, distances=_distances(op, window)
    )


def pooling(op: Operation) -> Layer:
    """MAX_POOL_2D and AVERAGE_POOL_2D."""
    op.require(op.keeps_scale(op.inputs[0]), "with another scale at its output")
    window = _window(op, op.options.filterHeight, op.options.filterWidth)
    fields = {
        "window": window,
        "channel_count": op.map_shape(op.inputs[0])[2],
        "output": op.output_range(),
    }
    kernel = "int8_max_pool" if op.kind == "MAX_POOL_2D" else "int8_average_pool"
    return one_call(kernel, "Int8Pooling", fields, op.inputs[:1], op.output, distances=_distances(op, window))


def _window(op: Operation, height: int, width: int) -> dict[str, int]:
    """The C struct Int8Window."""
    input_height, input_width, _ = op.map_shape(op.inputs[0])
    output_height, output_width, _ = op.map_shape(op.output)
    stride_y, stride_x = op.options.strideH, op.options.strideW
    dilation = getattr(op.options, "dilationHFactor", 1), getattr(op.options, "dilationWFactor", 1)
    op.require(dilation == (1, 1), f"with a dilation of {dilation}")
    return {
        "input_height": input_height,
        "input_width": input_width,
        "output_height": output_height,
        "output_width": output_width,
        "height": height,
        "width": width,
        "stride_y": stride_y,
        "stride_x": stride_x,
        "pad_top": _padding(input_height, height, stride_y, output_height),
        "pad_left": _padding(input_width, width, stride_x, output_width),
    }


def _padding(size: int, window: int, stride: int, output: int) -> int:
    """Rows or columns before the map: half of what the windows need beyond it, rounded down."""
    return max((output - 1) * stride + window - size, 0) // 2


def _distances(op: Operation, window: dict[str, int]) -> dict[int, int]:
    """How far before its input the output must begin.

    Pixels are written row by row. When one is complete, all input pixels from its window's first one on may still be
    needed, and none before.
    """
    input_channels, output_channels = op.shape(op.inputs[0])[-1], op.shape(op.output)[-1]
    rows, columns = np.mgrid[: window["output_height"], : window["output_width"]].reshape(2, -1)
    written = (rows * window["output_width"] + columns + 1) * output_channels
    top = np.maximum(rows * window["stride_y"] - window["pad_top"], 0)
    left = np.maximum(columns * window["stride_x"] - window["pad_left"], 0)
    needed = (top * window["input_width"] + left) * input_channels  # from here on, by this pixel
    needed = np.minimum.accumulate(needed[::-1])[::-1]  # and by all that follow
    return {op.inputs[0]: min(max(int((written - needed).max()), 0), op.size(op.output))}


def _filters(op: Operation, count: int, axis: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The weights, and for each filter its bias (int64), multiplier (int32) and shift (int8)."""
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
    factors = [op.factor(input_scale * float(scale) / output_scale) for scale in scales]
    bias = np.zeros(count, np.int64)
    if len(op.inputs) > 2 and op.inputs[2] != ABSENT:
        values = op.graph.values(op.inputs[2])
        op.require(values is not None and values.dtype == np.int32, "with a bias that is no int32 constant")
        bias = values.astype(np.int64)
    return weights, {
        "bias": bias,
        "multipliers": np.array([factor.multiplier for factor in factors], np.int32),
        "shifts": np.array([factor.shift for factor in factors], np.int8),
    }


def _channels(op: Operation, bias: np.ndarray, others: dict[str, np.ndarray]) -> dict[str, str]:
    """The C struct Int8Channels. A bias beyond int32 wraps, as the reference's own sum would."""
    bias = (bias & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
    return {role: op.constant(role, values) for role, values in {"bias": bias, **others}.items()}
