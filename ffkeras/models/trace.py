"""A network as the list of calls of its primitive layers: the one place where Keras' own record of them is read.

What a network costs, what can be pruned in it and what its int8 file will compute is read from this list, and training,
conversion and lowering run it. What a layer computes there is its own, or that of a table: see `ffkeras.layers.forms`.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.layers.deformable_convolution import TAPS, ModulatedConvolution
from ffkeras.layers.forms import AS_THEY_ARE, Forms
from ffkeras.layers.sliced_pointwise import SlicedPointwise

NEIGHBOURS = 4  # of a bilinear sample
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Call:
    """One call of a primitive layer.

    Attributes:
        layer: the layer; the first call of a network is that of its `InputLayer`, which gives the images.
        sources: positions of the calls that made its inputs.
        input_shapes: of these, batch first.
        shape: of its output, batch first; None where it depends on the images.
        several: the layer takes a list, also where the list has one map.
        arguments: further keyword arguments.
        turn: of how many earlier calls of the same layer the network makes before it.
    """

    layer: keras.layers.Layer
    sources: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    several: bool = False
    arguments: dict = field(default_factory=dict)
    turn: int = 0

    @property
    def places(self) -> int:
        """Height times width of the output; 1 of anything but a map."""
        return int(np.prod(self.shape[1:3])) if len(self.shape) == 4 else 1


@dataclass(frozen=True)
class FlatNetwork:
    """The calls of a network, each after those that it needs; the network's weights are shared, not copied.

    Attributes:
        name: of the network, for the names of operations in files.
        calls: in an order of execution. It decides the order of weights in files of quantised networks and of
            operations in .tflite files, and must not change.
        outputs: position of the call that makes each output, by name.
    """

    name: str
    calls: tuple[Call, ...]
    outputs: dict[str, int]

    @property
    def users(self) -> dict[int, list[int]]:
        """Positions of the calls that take each call's output, by its position; those of no user are left out."""
        users = defaultdict(list)
        for position, call in enumerate(self.calls):
            for source in call.sources:
                users[source].append(position)
        return dict(users)

    def run(self, images, forms: Forms = AS_THEY_ARE) -> dict:
        """Compute the outputs by name.

        Args:
            images: float32 [B, H, W, 3], normalised.
            forms: what layers of these types compute instead of their own `call`.
        """
        values = [images]
        with tf.name_scope(self.name):
            for call in self.calls[1:]:
                inputs = [values[source] for source in call.sources]
                form = forms.get(type(call.layer), _own)
                values.append(form(call.layer, inputs if call.several else inputs[0], **call.arguments))
        return {name: values[position] for name, position in self.outputs.items()}

    def last_layers(self, passing: frozenset[type]) -> frozenset[int]:
        """The ids of the layers that the outputs come from, where layers of some types only pass them on."""
        found, waiting = set(), list(self.outputs.values())
        while waiting:
            call = self.calls[waiting.pop()]
            if type(call.layer) in passing:
                waiting += call.sources
            else:
                found.add(id(call.layer))
        return frozenset(found)

    def in_turn(self) -> "FlatNetwork":
        """The same calls, those of each layer in the order in which the network makes them.

        The moving statistics of a normalisation that serves several levels depend on that order.
        """
        before = {(id(call.layer), call.turn): position for position, call in enumerate(self.calls)}
        order: dict[int, int] = {}  # old position -> new one

        def place(position: int) -> None:
            if position in order:
                return
            call = self.calls[position]
            needed = [*call.sources, before[id(call.layer), call.turn - 1]] if call.turn else call.sources
            for other in needed:
                place(other)
            order[position] = len(order)

        for position in range(len(self.calls)):
            place(position)
        calls = [self.calls[position] for position in order]
        calls = tuple(replace(call, sources=tuple(order[source] for source in call.sources)) for call in calls)
        return FlatNetwork(self.name, calls, {name: order[position] for name, position in self.outputs.items()})


def _own(layer: keras.layers.Layer, inputs, **arguments):
    return layer(inputs, **arguments)


def trace(
    function: Callable, name: str, image_size: tuple[int | None, int | None], batch_size: int | None = None
) -> FlatNetwork:
    """Lay a function of images open as calls of primitive layers; blocks leave no trace.

    Args:
        function: of a Keras tensor, to outputs by name.
        name: see `FlatNetwork`.
        image_size: (height, width) in pixels, multiples of 32; None for any.
        batch_size: None for any.
    """
    with tf.init_scope():
        images = keras.Input((*image_size, 3), batch_size, name="image")
        outputs = function(images)
        graph = keras.Model(images, outputs)
    nodes = [node for depth in sorted(graph._nodes_by_depth, reverse=True) for node in graph._nodes_by_depth[depth]]
    maker = {id(node.outputs): position for position, node in enumerate(nodes)}
    turns: dict[int, list[int]] = {}  # by the layer: nodes of this graph, in the order in which they were made
    for node in nodes:
        mine = turns.setdefault(id(node.layer), [])
        mine.append(node.layer.inbound_nodes.index(node))
    return FlatNetwork(
        name,
        tuple(_read(node, maker, turns[id(node.layer)]) for node in nodes),
        {key: maker[id(tensor)] for key, tensor in outputs.items()},
    )


def _read(node, maker: dict[int, int], numbers: list[int]) -> Call:
    tensors = [] if node.is_input else _as_list(node.keras_inputs)
    return Call(
        node.layer,
        tuple(maker[id(tensor)] for tensor in tensors),
        tuple(tuple(tensor.shape) for tensor in tensors),
        tuple(node.outputs.shape),
        several=not node.is_input and isinstance(node.call_args[0], (list, tuple)),
        arguments=node.call_kwargs,
        turn=sorted(numbers).index(node.layer.inbound_nodes.index(node)),
    )


def _as_list(value) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def count_macs(call: Call) -> int:
    """Multiply-accumulates of a call for one image: convolutions, and the sampling of deformable ones."""
    kernel = kernel_of(call.layer)
    if kernel is None:
        return 0
    return macs_of(call.layer, call.places, call.input_shapes[0][-1], call.shape[-1], int(np.prod(kernel.shape)))


def kernel_of(layer: keras.layers.Layer) -> tf.Variable | None:
    """The kernel of a convolution of any kind, None of another layer."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return layer.depthwise_kernel
    if isinstance(layer, (keras.layers.Conv2D, SlicedPointwise, ModulatedConvolution)):
        return layer.kernel
    return None


def macs_of(layer: keras.layers.Layer, places: int, read: int, made: int, kernel: int) -> int:
    """Multiply-accumulates of a convolution of any kind.

    Args:
        layer: the convolution.
        places: of its output.
        read, made: channels of its input and output.
        kernel: numbers in its kernel.
    """
    if isinstance(layer, SlicedPointwise):
        return places * read * made  # of a kernel that may be larger
    sampling = TAPS * NEIGHBOURS * read if isinstance(layer, ModulatedConvolution) else 0
    return places * (kernel + sampling)
