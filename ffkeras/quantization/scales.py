"""Which values share an int8 scale, and which have a fixed one, by the rules of TFLite's int8 specification."""

from dataclasses import dataclass

from ffkeras.backend import keras
from ffkeras.layers.channel_shuffle import ChannelShuffle
from ffkeras.layers.channel_slice import ChannelSlice
from ffkeras.layers.channel_statistics import ChannelMax
from ffkeras.quantization.operations import Operation, Program

EXACT_KINDS = {  # layers whose outputs hold numbers of the input, so that they need no rounding of their own
    keras.layers.MaxPooling2D: ("MAX_POOL_2D",),
    keras.layers.GlobalMaxPooling2D: ("REDUCE_MAX",),
    keras.layers.UpSampling2D: ("RESIZE_NEAREST_NEIGHBOR",),
    keras.layers.Reshape: ("RESHAPE",),
    keras.layers.ZeroPadding2D: ("PAD",),
    keras.layers.Concatenate: ("CONCATENATION",),
    ChannelMax: ("REDUCE_MAX",),
    ChannelSlice: ("STRIDED_SLICE",),
    ChannelShuffle: ("RESHAPE", "TRANSPOSE"),
}
SAME_SCALE_KINDS = {**EXACT_KINDS, keras.layers.AveragePooling2D: ("AVERAGE_POOL_2D",)}
"""Layers whose int8 output has the scale of their input, and TFLite's names of their operations."""
NARROWEST = 2**-6  # of the widest range that an operation reads: finer steps lose nothing, and XNNPACK takes them
LOGIT = (-128 / 21, 127 / 21)  # of a class logit, 6.05 to 6.1: beyond, a probability of int8 does not change any more
PROBABILITY = (0.0, 255 / 256)  # of sigmoid and softmax: scale 1/256
UNIT = (-1.0, 127 / 128)  # of a vector of length one: scale 1/128


@dataclass(frozen=True)
class Scales:
    """The scale group of each value.

    Args:
        group_of: index of the group, by value.
        fixed: (low, high) by group, for groups whose range is not measured.
        count: number of groups.
    """

    group_of: tuple[int, ...]
    fixed: dict[int, tuple[float, float]]
    count: int


def fixed_range(operation: Operation) -> tuple[float, float] | None:
    """The range that TFLite prescribes for an operation's output, or None."""
    layer = operation.layer
    if isinstance(layer, keras.layers.Softmax) or _is_sigmoid(layer):
        return PROBABILITY
    return UNIT if isinstance(layer, keras.layers.UnitNormalization) else None


def rounds(operation: Operation) -> bool:
    """Whether an operation's results must be rounded to its output's scale; others copy numbers that are."""
    return not isinstance(operation.layer, tuple(EXACT_KINDS))


def assign_scales(program: Program, image_range: tuple[float, float]) -> Scales:
    """Join values into groups of one scale each.

    Args:
        program: of a network.
        image_range: (low, high) of the normalised image, value 0.

    Raises:
        ValueError: two values of different fixed ranges would share a scale.
    """
    values = 1 + max(operation.output for operation in program.operations)
    parent = list(range(values))

    def root(value: int) -> int:
        while parent[value] != value:
            value = parent[value]
        return value

    fixed = {0: image_range}  # by value
    if program.class_logits == 1:
        fixed[program.outputs["classification"]] = LOGIT
    for operation in program.operations:
        prescribed = fixed_range(operation)
        if prescribed:
            fixed[operation.output] = prescribed
    for operation in program.operations:
        if isinstance(operation.layer, tuple(SAME_SCALE_KINDS)):
            for value in operation.inputs:
                parent[root(value)] = root(operation.output)
    roots = sorted({root(value) for value in range(values)})
    numbers = {value: number for number, value in enumerate(roots)}
    group_of = tuple(numbers[root(value)] for value in range(values))
    ranges: dict[int, tuple[float, float]] = {}
    for value, prescribed in fixed.items():
        if ranges.setdefault(group_of[value], prescribed) != prescribed:
            raise ValueError(f"value {value} has the fixed range {prescribed}, its group {ranges[group_of[value]]}")
    return Scales(group_of, ranges, len(roots))


def _is_sigmoid(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.sigmoid
