"""Layers with a window that moves over a map: convolutions and poolings."""

import numpy as np

from ffkeras.firmware.c_network.filters import (
    BLOCK,
    block_weights,
    channels_fields,
    padded_channels,
    padded_length,
    read_filters,
    scaling_table,
)
from ffkeras.firmware.c_network.layer import Layer, one_call
from ffkeras.firmware.c_network.operation import Operation
from ffkeras.firmware.c_network.tables import LOWEST

LARGEST_SUM = 2**31 - 1  # of products, in C's int32_t
TOGETHER = 2  # pixels that a convolution makes at a time
READS_BEHIND = 3  # bytes, of the last word
ALIGNMENT = 7  # bytes of working memory that may be lost before its first word
TAPS = 9  # of a window of 3 x 3


def convolution(op: Operation) -> Layer:
    """CONV_2D, grouped ones too."""
    _, _, input_channels = op.map_shape(op.inputs[0])
    output_channels, height, width, group_channels = op.shape(op.inputs[1])
    op.require(input_channels % group_channels == 0, f"of {input_channels} channels in groups of {group_channels}")
    groups = input_channels // group_channels
    op.require(output_channels % groups == 0, f"of {output_channels} filters in {groups} groups")
    window = _window(op, height, width)
    filters = read_filters(op, output_channels, axis=0)
    zero_point = op.zero_point(op.inputs[0])
    size = height * width * group_channels
    op.require(size * 2**14 <= LARGEST_SUM, f"of {size} weights for one value")
    table = scaling_table(filters, 0, zero_point, op.zero_point(op.output), folded=True)
    fields = {
        "window": window,
        "input_channels": input_channels,
        "output_channels": output_channels,
        "groups": groups,
        "input_zero_point": zero_point,
        "output": op.output_range(),
        "weights": op.constant("weights", block_weights(filters.weights, groups)),
        "channels": channels_fields(op, padded_channels(table, groups)),
    }
    length = padded_length(height, width, group_channels)
    is_pointwise = (height, width, window["stride_y"], window["stride_x"]) == (1, 1, 1, 1)
    scratch = ALIGNMENT + 4 * length + output_channels // groups + (0 if is_pointwise else TOGETHER * length)
    return one_call(
        "int8_convolution",
        "Int8Convolution",
        fields,
        op.inputs[:1],
        op.output,
        distances=_distances(op, window) if groups == 1 else {},  # groups read their input one after the other
        scratch=scratch,
        reads_behind=READS_BEHIND,
    )


def depthwise(op: Operation) -> Layer:
    """DEPTHWISE_CONV_2D with one filter for each channel."""
    _, _, channel_count = op.map_shape(op.inputs[0])
    _, height, width, output_channels = op.shape(op.inputs[1])
    op.require(output_channels == channel_count, f"of {channel_count} to {output_channels} channels")
    window = _window(op, height, width)
    filters = read_filters(op, channel_count, axis=3)
    is_3x3 = (
        (height, width) == (3, 3)
        and window["stride_x"] in (1, 2)
        and max(window["pad_top"], window["pad_left"]) <= 1
        and filters.weights.min() > LOWEST
    )
    zero_point = op.zero_point(op.inputs[0])
    table = scaling_table(filters, 3, zero_point, op.zero_point(op.output), folded=is_3x3)
    fields = {
        "window": window,
        "channel_count": channel_count,
        "input_zero_point": zero_point,
        "output": op.output_range(),
        "weights": op.constant("weights", filters.weights),
        "channels": channels_fields(op, table),
    }
    if not is_3x3:
        distances = _distances(op, window, together=1)
        return one_call("int8_depthwise", "Int8Depthwise", fields, op.inputs[:1], op.output, distances=distances)
    return one_call(
        "int8_depthwise_3x3",
        "Int8Depthwise",
        fields,
        op.inputs[:1],
        op.output,
        distances=_row_distances(op, window),
        scratch=_ring_size(window, channel_count),
        reads_behind=READS_BEHIND,
    )


def _ring_size(window: dict[str, int], channels: int) -> int:
    """Bytes of working memory of int8_depthwise_3x3: the most that one of its ways needs."""

    def columns(together: int) -> int:
        return (-(-window["output_width"] // together) * together - 1) * window["stride_x"] + 3

    blocks, period = -(-channels // BLOCK), channels + 16
    plain = 3 * columns(4) * channels + TAPS * channels
    dsp = blocks * 4 * (6 * columns(2) + 2 * TAPS)
    helium = 3 * (columns(1) * channels + 16) + (TAPS + 4 * 4) * period
    return ALIGNMENT + max(plain, dsp, helium)


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


def _distances(op: Operation, window: dict[str, int], together: int = TOGETHER) -> dict[int, int]:
    """How far before its input the output must begin, where some pixels are made at a time.

    They are written row by row. While some are written, all input pixels from the first one's window on may still be
    needed, and none before.
    """
    input_channels, output_channels = op.shape(op.inputs[0])[-1], op.shape(op.output)[-1]
    rows, columns = np.mgrid[: window["output_height"], : window["output_width"]].reshape(2, -1)
    written = (rows * window["output_width"] + columns + 1) * output_channels
    top = np.maximum(rows * window["stride_y"] - window["pad_top"], 0)
    left = np.maximum(columns * window["stride_x"] - window["pad_left"], 0)
    needed = (top * window["input_width"] + left) * input_channels  # from here on, by this pixel
    needed = np.minimum.accumulate(needed[::-1])[::-1]  # and by all that follow
    last = np.minimum(np.arange(0, len(written), together) + together, len(written)) - 1
    return _bounded(op, int((written[last] - needed[::together]).max()))


def _row_distances(op: Operation, window: dict[str, int]) -> dict[int, int]:
    """The same where an output row is written after all input rows that it sees have been read."""
    channels = op.shape(op.output)[-1]
    rows = np.arange(window["output_height"])
    written = (rows + 1) * window["output_width"] * channels
    read = np.minimum(rows * window["stride_y"] - window["pad_top"] + window["height"], window["input_height"])
    return _bounded(op, int((written - read * window["input_width"] * channels).max()))


def _bounded(op: Operation, distance: int) -> dict[int, int]:
    return {op.inputs[0]: min(max(distance, 0), op.size(op.output))}
