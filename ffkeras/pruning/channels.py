"""Which single channels of a network are coupled, found by following every channel through the graph.

Two channels are coupled where one cannot be taken out without the other: they are added or multiplied, they are input
and output of a depthwise convolution, or one module is called on both (union-find over channels; the idea of DepGraph,
Fang et al. 2023, at the grain of a channel, so that slices and concatenations need no rules of their own).
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.layers.channel_shuffle import ChannelShuffle
from ffkeras.layers.channel_slice import ChannelSlice
from ffkeras.layers.channel_statistics import ChannelMax, ChannelMean
from ffkeras.layers.deformable_convolution import ModulatedConvolution
from ffkeras.layers.fast_fusion import FastFusion
from ffkeras.layers.sliced_pointwise import SlicedPointwise
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.trace import Call

TRACE_SIZE = (64, 64)

_layers = keras.layers
CONVOLUTIONS = (_layers.Conv2D, SlicedPointwise, ModulatedConvolution)
"""Layers whose outputs are new channels. DepthwiseConv2D, a Conv2D to Keras, is asked for first everywhere."""
ELEMENTWISE = (_layers.Add, _layers.Subtract, _layers.Multiply, _layers.Average, FastFusion)
SINGLE = (
    _layers.ReLU,
    _layers.LeakyReLU,
    _layers.Activation,
    _layers.UpSampling2D,
    _layers.ZeroPadding2D,
    _layers.MaxPooling2D,
    _layers.AveragePooling2D,
    _layers.GlobalAveragePooling2D,
    _layers.GlobalMaxPooling2D,
    _layers.UnitNormalization,
)
"""Layers that treat every channel alike; a channel of zeros neither changes the others nor (sigmoid apart) itself."""
CLOSED = (_layers.Reshape, _layers.Softmax)
"""Layers whose channels have a meaning of their own (scales, anchors), so that none can go."""


@dataclass(frozen=True)
class ChannelCall:
    """One call of a primitive layer, see `ffkeras.models.trace.Call`, with its channels.

    Attributes:
        layer: the layer.
        sources: positions of the calls that made the inputs.
        inputs: channels of each input, [C] numbers each.
        output: channels of the output.
        places: height times width of the output map at `TRACE_SIZE`.
        stride: of the output map, relative to the image; 0 for a pooled vector.
    """

    layer: keras.layers.Layer
    sources: tuple[int, ...]
    inputs: tuple[np.ndarray, ...]
    output: np.ndarray
    places: int
    stride: int


class ChannelGraph:
    """The calls of a network with numbered channels, and which of these are coupled.

    Args:
        model: any of the three networks.

    Attributes:
        calls: in an order of execution.
        users: calls that take the output of a call, by the call's position.
        closed: channels that cannot be pruned: the image, the outputs, and what stands for something.

    Raises:
        ValueError: the network has a layer that is not known here.
    """

    def __init__(self, model: FeatherFace):
        self._parent: list[int] = []
        self._axes: dict[tuple[int, int], np.ndarray] = {}  # (id of a variable, axis) -> channels along it
        self.closed: set[int] = set()
        self.calls: list[ChannelCall] = []
        self._trace(model)

    def axis(self, variable: tf.Variable, axis: int) -> np.ndarray | None:
        """The channels along an axis of a weight, [length], as `root` numbers them; None for other axes."""
        channels = self._axes.get((id(variable), axis))
        return None if channels is None else self.roots(channels)

    def root(self, channel: int) -> int:
        """The number that stands for all channels coupled with this one."""
        while self._parent[channel] != channel:
            self._parent[channel] = self._parent[self._parent[channel]]
            channel = self._parent[channel]
        return channel

    def roots(self, channels: np.ndarray) -> np.ndarray:
        """`root` of each."""
        return np.array([self.root(int(channel)) for channel in channels], dtype=np.int64)

    def _trace(self, model: FeatherFace) -> None:
        flat = model.flat(TRACE_SIZE, 1)
        self.users = defaultdict(list, flat.users)
        outputs: list[np.ndarray] = []
        for call in flat.calls:
            inputs = tuple(outputs[source] for source in call.sources)
            outputs.append(self._read(call, inputs))
            height = call.shape[1] if call.places > 1 else 0
            stride = TRACE_SIZE[0] // height if height else 0
            self.calls.append(ChannelCall(call.layer, call.sources, inputs, outputs[-1], call.places, stride))
        for position in (0, *flat.outputs.values()):
            self._close(outputs[position])
        self.closed = {self.root(channel) for channel in self.closed}

    def _read(self, call: Call, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """The output's channels; notes what the call couples and where its weights have channels."""
        layer, made = call.layer, call.shape[-1]
        if isinstance(layer, keras.layers.InputLayer):
            return self._new(made)
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            return self._pass(layer, inputs[0], [(layer.depthwise_kernel, 2), *self._bias(layer)])
        if isinstance(layer, keras.layers.BatchNormalization):
            return self._pass(layer, inputs[0], [(weight, 0) for weight in layer.weights])
        if isinstance(layer, CONVOLUTIONS):
            return self._convolve(layer, inputs, made)
        if isinstance(layer, ELEMENTWISE):
            return self._join(inputs)
        if isinstance(layer, SINGLE):
            return inputs[0]
        if isinstance(layer, (ChannelMean, ChannelMax)):
            output = self._new(1)
            self._close(output)
            return output
        if isinstance(layer, ChannelSlice):
            return inputs[0][layer.start : layer.stop]
        if isinstance(layer, ChannelShuffle):
            return inputs[0].reshape(layer.groups, -1).T.ravel()
        if isinstance(layer, keras.layers.Concatenate) and layer.axis in (-1, 3):
            return np.concatenate(inputs)
        if isinstance(layer, (keras.layers.Concatenate, *CLOSED)):
            for channels in inputs:
                self._close(channels)
            return inputs[0] if isinstance(layer, keras.layers.Softmax) else self._new(made)
        raise ValueError(f"pruning does not know how {type(layer).__name__} ({layer.name}) treats channels")

    def _new(self, count: int) -> np.ndarray:
        first = len(self._parent)
        self._parent.extend(range(first, first + count))
        return np.arange(first, first + count)

    def _couple(self, one: np.ndarray, other: np.ndarray) -> None:
        for a, b in zip(one, other, strict=True):
            self._parent[self.root(int(a))] = self.root(int(b))

    def _close(self, channels: np.ndarray) -> None:
        self.closed.update(int(channel) for channel in channels)

    @staticmethod
    def _bias(layer) -> list[tuple[tf.Variable, int]]:
        return [(layer.bias, 0)] if getattr(layer, "bias", None) is not None else []

    def _along(self, variable: tf.Variable, axis: int) -> np.ndarray:
        """The channels along an axis of a weight; new ones at its first use."""
        key = id(variable), axis
        if key not in self._axes:
            self._axes[key] = self._new(variable.shape[axis])
        return self._axes[key]

    def _pass(self, layer, channels: np.ndarray, axes: list[tuple[tf.Variable, int]]) -> np.ndarray:
        """A layer with one weight a channel: its calls couple what they are given."""
        for variable, axis in axes:
            self._couple(self._along(variable, axis), channels)
        return channels

    def _convolve(self, layer, inputs: tuple[np.ndarray, ...], filters: int) -> np.ndarray:
        channels, *offsets = inputs
        for closed in offsets:  # where a deformable convolution samples
            self._close(closed)
        read, made = self._along(layer.kernel, 2), self._along(layer.kernel, 3)
        groups = getattr(layer, "groups", 1)
        if groups > 1:  # equal groups stay equal only if each loses the same places
            by_group = channels.reshape(groups, -1)
            for group in by_group:
                self._couple(read, group)
            first, *others = made.reshape(groups, -1)
            for group in others:
                self._couple(first, group)
        else:
            self._couple(read[: len(channels)], channels)  # a SlicedPointwise may be given less than it has
        for variable, axis in self._bias(layer):
            self._couple(self._along(variable, axis), made)
        return made[:filters]

    def _join(self, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Maps of one width; a map of one channel serves all of them."""
        width = max(len(channels) for channels in inputs)
        wide = [channels for channels in inputs if len(channels) == width]
        for channels in wide[1:]:
            self._couple(channels, wide[0])
        return wide[0]
