"""One operation of a .tflite file, as the lowering to C reads it."""

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.errors import UserError
from ffkeras.firmware.c_network.fixed_point import Factor, round_half_away, to_factor
from ffkeras.firmware.c_network.layer import Constants
from ffkeras.firmware.c_network.tables import HIGHEST, LOWEST
from ffkeras.tflite_file.graph import ABSENT, TfliteGraph

WHOLE_NUMBERS = (schema.TensorType.INT8, schema.TensorType.INT32)
LARGEST_SHIFT = 30  # to the left, in C's int32_t
LARGEST_SIDE = 32767  # sides and channels are int16_t in C
_ACTIVATIONS = {
    schema.ActivationFunctionType.NONE: (None, None),
    schema.ActivationFunctionType.RELU: (0, None),
    schema.ActivationFunctionType.RELU6: (0, 6),
}


class Operation:
    """An operation with its tensors, all of them int8 but for settings such as shapes and axes.

    Args:
        graph: of the file.
        operator: one of its operators.
        number: of the layer, from 1.
        file: what the sentence of an error calls the file.
        constants: where arrays go.

    Attributes:
        kind: TFLite's name.
        inputs: tensors, without absent ones at the end.
        output: the only output tensor.

    Raises:
        UserError: an operation on floating-point tensors, with several outputs, or on several images at once.
    """

    def __init__(self, graph: TfliteGraph, operator: schema.OperatorT, number: int, file: str, constants: Constants):
        self.graph, self.number, self._file, self._constants = graph, number, file, constants
        self._operator = operator
        self.kind = graph.kind(operator)
        self.inputs = [int(tensor) for tensor in operator.inputs]
        self.output = int(operator.outputs[0])
        if len(operator.outputs) != 1:
            self.refuse("with several outputs")
        for tensor in (*self.inputs, self.output):
            if tensor != ABSENT and graph.is_float(tensor):
                self.refuse(f"on the float tensor {graph.name(tensor)}")
            if tensor != ABSENT and graph.tensors[tensor].type not in WHOLE_NUMBERS:
                self.refuse(f"on the tensor {graph.name(tensor)}, which is neither int8 nor int32,")
        if not graph.is_int8(self.output) or not graph.is_int8(self.inputs[0]):
            self.refuse("on tensors that are not int8")
        if any(side > LARGEST_SIDE for side in self.shape(self.output)[-1:]):
            self.refuse(f"with more than {LARGEST_SIDE} channels")

    @property
    def name(self) -> str:
        """Of the layer: the first of the names that the converter joined for its output."""
        return self.graph.name(self.output).split(";")[0]

    @property
    def options(self) -> object:
        """The operation's options as the schema has them."""
        return self._operator.builtinOptions

    def refuse(self, what: str) -> NoReturn:
        """Raise UserError: the export does not support the operation `what`."""
        raise UserError(
            f"{self._file}: {self.kind} {what} (layer {self.name}) is not supported in C; run the file on TFLite "
            "Micro (tools/export_c_array.py), or convert a network without it."
        )

    def require(self, condition: bool, what: str) -> None:
        """Refuse the operation `what` unless the condition holds."""
        if not condition:
            self.refuse(what)

    def shape(self, tensor: int) -> tuple[int, ...]:
        """A tensor's shape."""
        return self.graph.shape(tensor)

    def size(self, tensor: int) -> int:
        """A tensor's number of values."""
        return int(np.prod(self.shape(tensor), dtype=np.int64))

    def map_shape(self, tensor: int) -> tuple[int, int, int]:
        """Height, width and channels of a map [1, H, W, C]."""
        shape = self.shape(tensor)
        self.require(len(shape) == 4 and shape[0] == 1, f"on a tensor {list(shape)}")
        self.require(max(shape) <= LARGEST_SIDE, f"on a tensor {list(shape)}")
        return shape[1:]

    def settings(self, index: int) -> list[int]:
        """The whole numbers of a constant input such as axes or a shape."""
        values = self.graph.values(self.inputs[index])
        self.require(values is not None, "with settings that the network computes")
        return np.atleast_1d(values).tolist()

    def scale(self, tensor: int) -> np.float32:
        """A tensor's scale."""
        return np.float32(self.scales(tensor)[0])

    def scales(self, tensor: int) -> np.ndarray:
        """float32 [N]: a tensor's scale, or one for each of its channels."""
        quantization = self.graph.quantization(tensor)
        known = quantization is not None and quantization.scale is not None and len(quantization.scale) > 0
        self.require(known, f"on the tensor {self.graph.name(tensor)}, which has no scale,")
        return np.asarray(quantization.scale, np.float32)

    def zero_point(self, tensor: int) -> int:
        """A tensor's zero point."""
        zero_points = self.graph.quantization(tensor).zeroPoint
        return 0 if zero_points is None else int(zero_points[0])

    def factor(self, value: float) -> Factor:
        """A number that values are multiplied with."""
        factor = to_factor(value)
        self.require(factor.shift <= LARGEST_SHIFT, f"with scales of which one is {value:g} times the other")
        return factor

    def ratio(self) -> float:
        """The first input's scale by the output's."""
        return float(self.scale(self.inputs[0])) / float(self.scale(self.output))

    def keeps_scale(self, *tensors: int) -> bool:
        """Whether tensors have the output's scale and zero point."""
        own = self.scale(self.output), self.zero_point(self.output)
        return all((self.scale(tensor), self.zero_point(tensor)) == own for tensor in tensors)

    def output_range(self) -> dict[str, int]:
        """The C struct Int8Range of the output, with the fused activation's limits."""
        zero_point, scale = self.zero_point(self.output), self.scale(self.output)
        activation = getattr(self.options, "fusedActivationFunction", schema.ActivationFunctionType.NONE)
        self.require(activation in _ACTIVATIONS, f"with the fused activation number {activation}")
        least, most = (
            None if limit is None else zero_point + round_half_away(float(np.float32(limit) / scale))
            for limit in _ACTIVATIONS[activation]
        )
        low = LOWEST if least is None else max(LOWEST, least)
        high = HIGHEST if most is None else min(HIGHEST, most)
        return {"zero_point": zero_point, "low": low, "high": high}

    def in_place(self, inputs: Sequence[int]) -> dict[int, int]:
        """Of these inputs those as large as the output, which may begin where they begin, or before."""
        return {tensor: 0 for tensor in inputs if self.size(tensor) == self.size(self.output)}

    def constant(self, role: str, values: np.ndarray) -> str:
        """The name in C of an array of this layer."""
        return self._constants.add(role, self.number, values)
