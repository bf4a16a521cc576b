"""Layers that only move values: concatenation, slices, upsampling, padding."""

import math

import numpy as np

from ffkeras.firmware.c_network.layer import Call, Layer, Place, one_call
from ffkeras.firmware.c_network.operation import Operation


def concatenation(op: Operation) -> Layer:
    """CONCATENATION along any axis."""
    op.require(op.keeps_scale(*op.inputs), "of inputs with different scales")
    op.require(op.options.fusedActivationFunction == 0, "with a fused activation")
    shape = op.shape(op.output)
    axis = op.options.axis % len(shape)
    rows, row_size = math.prod(shape[:axis]), math.prod(shape[axis:])
    calls, offset = [], 0
    for tensor in op.inputs:
        size = math.prod(op.shape(tensor)[axis:])
        calls.append(_copy(Place(tensor), size, Place(op.output, offset), row_size, rows, size))
        offset += size
    return Layer(sources=("int8_copy",), calls=tuple(calls), inputs=tuple(op.inputs), output=op.output)


def strided_slice(op: Operation) -> Layer:
    """STRIDED_SLICE with steps of one, along a single axis."""
    begins, ends, strides = (op.settings(index) for index in (1, 2, 3))
    options = op.options
    op.require(all(stride == 1 for stride in strides), f"with strides of {strides}")
    special = options.ellipsisMask or options.newAxisMask or options.shrinkAxisMask or options.offset
    op.require(not special, "that changes the rank")
    shape = op.shape(op.inputs[0])
    starts = []
    for axis, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        side = shape[axis]
        start = 0 if options.beginMask >> axis & 1 else min(max(begin + side * (begin < 0), 0), side)
        stop = side if options.endMask >> axis & 1 else min(max(end + side * (end < 0), 0), side)
        op.require(stop - start == op.shape(op.output)[axis], f"from {begins} to {ends}")
        starts.append(start)
    return _slice(op, starts)


def _slice(op: Operation, starts: list[int]) -> Layer:
    source, output = op.shape(op.inputs[0]), op.shape(op.output)
    cut = [axis for axis in range(len(source)) if source[axis] != output[axis]] or [0]
    op.require(len(cut) == 1, "along several axes")
    axis = cut[0]
    inner = math.prod(source[axis + 1 :])
    rows, size = math.prod(source[:axis]), output[axis] * inner
    call = _copy(Place(op.inputs[0], starts[axis] * inner), source[axis] * inner, Place(op.output), size, rows, size)
    return Layer(sources=("int8_copy",), calls=(call,), inputs=(op.inputs[0],), output=op.output)


def _copy(source: Place, source_stride: int, target: Place, target_stride: int, rows: int, size: int) -> Call:
    if rows == 1:
        source_stride = target_stride = size
    return Call("int8_copy", (source, str(source_stride), target, str(target_stride), str(rows), str(size)))


def upsampling(op: Operation) -> Layer:
    """RESIZE_NEAREST_NEIGHBOR by whole factors."""
    height, width, channels = op.map_shape(op.inputs[0])
    output_height, output_width, _ = op.map_shape(op.output)
    factors = []
    for side, output_side in ((height, output_height), (width, output_width)):
        op.require(output_side % side == 0, f"from {height} x {width} to {output_height} x {output_width}")
        factor = output_side // side
        repeated = np.arange(output_side) // factor
        op.require(
            np.array_equal(_nearest(op, side, output_side), repeated),
            f"from {height} x {width} to {output_height} x {output_width} with these roundings",
        )
        factors.append(factor)
    fields = {
        "input_height": height,
        "input_width": width,
        "channel_count": channels,
        "factor_y": factors[0],
        "factor_x": factors[1],
    }
    return one_call("int8_upsample", "Int8Upsampling", fields, op.inputs[:1], op.output)


def _nearest(op: Operation, side: int, output_side: int) -> np.ndarray:
    """The source row or column of every output one, as the reference finds it in float32."""
    positions = np.arange(output_side, dtype=np.float32)
    if op.options.alignCorners and output_side > 1:
        scale = np.float32(side - 1) / np.float32(output_side - 1)
    else:
        scale = np.float32(side) / np.float32(output_side)
    if op.options.halfPixelCenters:
        positions += np.float32(0.5)
    places = positions * scale
    whole = np.floor(places + np.float32(0.5)) if op.options.alignCorners else np.floor(places)
    return np.clip(whole.astype(int), 0, side - 1)


def padding(op: Operation) -> Layer:
    """PAD of rows and columns, with what is worth zero."""
    height, width, channels = op.map_shape(op.inputs[0])
    op.map_shape(op.output)  # refuses one that is too large
    op.require(op.keeps_scale(op.inputs[0]), "with another scale at its output")
    around = op.graph.values(op.inputs[1])
    op.require(around is not None and around.shape == (4, 2), "with paddings that are not known")
    op.require(not around[[0, 3]].any(), "of images or channels")
    fields = {
        "input_height": height,
        "input_width": width,
        "channel_count": channels,
        "top": int(around[1][0]),
        "bottom": int(around[1][1]),
        "left": int(around[2][0]),
        "right": int(around[2][1]),
        "value": op.zero_point(op.output),
    }
    row, output_row = width * channels, (width + fields["left"] + fields["right"]) * channels
    written = (fields["top"] + height - 1) * output_row + fields["left"] * channels  # before the last row is read
    distances = {op.inputs[0]: written - (height - 1) * row}
    return one_call("int8_pad", "Int8Padding", fields, op.inputs[:1], op.output, distances=distances)
