"""A network as the operations that its .tflite file will have: BatchNorm folded, rectifiers fused.

The folding is exact: scale and shift of a BatchNorm in inference go into the kernel and the bias before it (Jacob et
al. 2018, sec. 3.2, with the statistics that training left).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ffkeras.backend import keras
from ffkeras.layers.constant_factor import ConstantFactor
from ffkeras.layers.fast_fusion import FastFusion
from ffkeras.layers.forms import AS_THEY_ARE, Forms, called_with
from ffkeras.layers.sliced_pointwise import SlicedPointwise
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.trace import Call, FlatNetwork
from ffkeras.models.trace import trace as trace_calls

TRACE_SIZE = (64, 64)  # the operations are the same at every size; the smallest that P3's two halvings divide
CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
FUSING = (*CONVOLUTIONS, SlicedPointwise, keras.layers.Add, keras.layers.Subtract, keras.layers.Multiply)
"""Layers whose TFLite operation has an activation fused into it."""


@dataclass(frozen=True)
class Operation:
    """One operation on values, which are numbered; value 0 is the image.

    Args:
        layer: computes it; several operations may share one and its weights.
        inputs: values it takes.
        output: value it makes.
        several: the layer takes a list, also where the list has one value.
        fused_activation: ReLU or ReLU6 inside the operation, or None.
        arguments: further keyword arguments of the call.
    """

    layer: keras.layers.Layer
    inputs: tuple[int, ...]
    output: int
    several: bool = False
    fused_activation: keras.layers.Layer | None = None
    arguments: dict = field(default_factory=dict)

    def __call__(self, inputs: list, forms: Forms = AS_THEY_ARE):
        """Compute the output from the input tensors; `forms` as `FlatNetwork.run` takes them."""
        form = forms.get(type(self.layer), called_with())
        result = form(self.layer, inputs if self.several else inputs[0], **self.arguments)
        return result if self.fused_activation is None else self.fused_activation(result)


@dataclass(frozen=True)
class Program:
    """The operations of a network in an order of execution.

    Args:
        operations: each uses values that are made before it.
        outputs: value of each output by name; class scores as logits.
        class_logits: one logit for each anchor, or two.
    """

    operations: tuple[Operation, ...]
    outputs: dict[str, int]
    class_logits: int = 2


def trace(model: FeatherFace) -> Program:
    """Lay a network open; convolutions are new layers with folded weights, the other layers are the network's own.

    Raises:
        ValueError: a BatchNorm that follows no convolution.
    """
    program = _Tracer(trace_calls(model.forward, model.name, TRACE_SIZE)).program()
    return replace(program, class_logits=model.config.class_logits)


class _Tracer:
    """Reads a flat network call by call."""

    def __init__(self, flat: FlatNetwork):
        self.flat, self.users = flat, flat.users
        self.leaving = set(flat.outputs.values())
        self.values: dict[int, int] = {}  # by the position of the call that makes it
        self.count = 0
        self.operations: list[Operation] = []
        self.folded: dict[tuple[int, int], keras.layers.Layer] = {}
        self.done: set[int] = set()  # calls that went into an operation before their turn

    def program(self) -> Program:
        self._name(0)
        for position, call in enumerate(self.flat.calls[1:], start=1):
            if position not in self.done:
                self._read(position, call)
        outputs = {name: self.values[position] for name, position in self.flat.outputs.items()}
        return Program(tuple(self.operations), outputs)

    def _read(self, position: int, call: Call) -> None:
        layer = call.layer
        if isinstance(layer, keras.layers.BatchNormalization):
            raise ValueError(f"{layer.name} follows no convolution, so it cannot be folded")
        inputs = tuple(self.values[source] for source in call.sources)
        if isinstance(layer, FastFusion):
            self._read_fusion(layer, inputs, position)
        elif isinstance(layer, CONVOLUTIONS):
            last, norm = self._take(position, keras.layers.BatchNormalization)
            self._add(self._fold(layer, norm), inputs, last, built_in=_built_in_activation(layer))
        elif isinstance(layer, (keras.layers.Add, keras.layers.Average)):
            self._read_sum(layer, inputs, position)
        elif _is_swish(layer):
            gate = self._emit(Operation(keras.layers.Activation("sigmoid"), inputs, self._next()))
            self._add(keras.layers.Multiply(), (*inputs, gate), position, several=True)
        else:
            self._add(layer, inputs, position, several=call.several, arguments=call.arguments)

    def _read_fusion(self, layer: FastFusion, inputs: tuple[int, ...], position: int) -> None:
        """Factors and sums."""
        factors = layer.normalised_weights().numpy()
        parts = [
            self._emit(Operation(ConstantFactor(float(factor)), (value,), self._next()))
            for value, factor in zip(inputs, factors, strict=False)  # V1's P5 nodes have one weight more than maps
        ]
        self._read_sum(keras.layers.Add(), parts, position)

    def _read_sum(self, layer, inputs: Sequence[int], position: int) -> None:
        """TFLite adds two maps at a time, and rounds each partial sum."""
        first, *others, last = inputs
        for value in others:
            first = self._emit(Operation(keras.layers.Add(), (first, value), self._next(), several=True))
        if isinstance(layer, keras.layers.Average):
            total = self._emit(Operation(keras.layers.Add(), (first, last), self._next(), several=True))
            self._add(ConstantFactor(1 / len(inputs)), (total,), position)
        else:
            self._add(keras.layers.Add(), (first, last), position, several=True)

    def _add(self, layer, inputs, position, several=False, arguments=None, built_in=None) -> None:
        """Add an operation, with the rectifier that alone uses its result where it can be built in."""
        fused_activation = built_in
        if fused_activation is None and isinstance(layer, FUSING):
            position, fused_activation = self._take(position, keras.layers.ReLU)
        self._emit(Operation(layer, inputs, self._name(position), several, fused_activation, arguments or {}))

    def _take(self, position: int, kind: type) -> tuple:
        """The call of a layer of `kind` that alone uses a call's output, and that layer; else `position` and None."""
        users = self.users.get(position, [])
        if len(users) != 1 or position in self.leaving or not isinstance(self.flat.calls[users[0]].layer, kind):
            return position, None
        self.done.add(users[0])
        return users[0], self.flat.calls[users[0]].layer

    def _emit(self, operation: Operation) -> int:
        self.operations.append(operation)
        return operation.output

    def _name(self, position: int) -> int:
        self.values[position] = self._next()
        return self.values[position]

    def _next(self) -> int:
        self.count += 1
        return self.count - 1

    def _fold(self, layer, norm) -> keras.layers.Layer:
        key = id(layer), id(norm)
        if key not in self.folded:
            self.folded[key] = fold(layer, norm)
        return self.folded[key]


def fold(layer: keras.layers.Layer, norm: keras.layers.BatchNormalization | None) -> keras.layers.Layer:
    """A new linear convolution with bias that does what `layer` and `norm` do in inference.

    Args:
        layer: a built Conv2D or DepthwiseConv2D.
        norm: the BatchNorm after it, or None.
    """
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    kernel = (layer.depthwise_kernel if depthwise else layer.kernel).numpy()
    bias = (
        layer.bias.numpy() if layer.use_bias else np.zeros(layer.compute_output_shape((None, 8, 8, _inputs(layer)))[-1])
    )
    if norm is not None:
        factor = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
        kernel = kernel * (factor.reshape(kernel.shape[2:]) if depthwise else factor)
        bias = norm.beta.numpy() + (bias - norm.moving_mean.numpy()) * factor  # [out]
    new = type(layer).from_config({**layer.get_config(), "use_bias": True, "activation": "linear", "name": None})
    new.build((None, None, None, _inputs(layer)))
    new.set_weights([kernel.astype(np.float32), np.broadcast_to(bias, new.bias.shape).astype(np.float32)])
    return new


def _inputs(layer: keras.layers.Layer) -> int:
    """Input channels of a built convolution."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return layer.depthwise_kernel.shape[2]
    return layer.kernel.shape[2] * layer.groups


def _built_in_activation(layer: keras.layers.Layer) -> keras.layers.Layer | None:
    if layer.activation not in (keras.activations.relu, keras.activations.linear):
        raise ValueError(f"{layer.name} has an activation inside; int8 needs it as a layer of its own")
    return keras.layers.ReLU() if layer.activation is keras.activations.relu else None


def _is_swish(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.swish
