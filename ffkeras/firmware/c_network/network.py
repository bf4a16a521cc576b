"""A whole file as layers in C, with a place in the arena for every tensor."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ffkeras.conversion.open_graph import OpenGraph
from ffkeras.errors import UserError
from ffkeras.firmware.c_network import elementwise, movement, reductions, windows
from ffkeras.firmware.c_network.arena_plan import Span, plan_arena
from ffkeras.firmware.c_network.layer import Constants, Layer
from ffkeras.firmware.c_network.operation import Operation

LOWERINGS: dict[str, Callable[[Operation], Layer]] = {
    "ADD": elementwise.addition,
    "AVERAGE_POOL_2D": windows.pooling,
    "CONCATENATION": movement.concatenation,
    "CONV_2D": windows.convolution,
    "DEPTHWISE_CONV_2D": windows.depthwise,
    "L2_NORMALIZATION": reductions.normalization,
    "LEAKY_RELU": elementwise.leaky_relu,
    "LOGISTIC": elementwise.logistic,
    "MAX_POOL_2D": windows.pooling,
    "MEAN": reductions.reduction,
    "MUL": elementwise.multiplication,
    "PAD": movement.padding,
    "QUANTIZE": elementwise.requantization,
    "REDUCE_MAX": reductions.reduction,
    "RELU": elementwise.requantization,
    "RESIZE_NEAREST_NEIGHBOR": movement.upsampling,
    "SOFTMAX": reductions.softmax,
    "STRIDED_SLICE": movement.strided_slice,
    "SUB": elementwise.addition,
}
SAME_BYTES = ("RESHAPE",)  # operations that change a tensor's shape alone


@dataclass(frozen=True)
class NumberedLayer:
    """A layer with what a reader wants to know of it.

    Args:
        number: from 1, in the order of running.
        kind: TFLite's name of the operation.
        name: of the layer.
        layer: what C runs.
    """

    number: int
    kind: str
    name: str
    layer: Layer


@dataclass(frozen=True)
class Network:
    """A network as C runs it.

    Args:
        graph: of the file.
        layers: in the order of running.
        constants: the arrays that layers refer to.
        offsets: tensor -> where it begins in the arena, in bytes.
        constant_inputs: tensor -> name of the array that holds it.
        scratch: number of a layer -> where its working memory begins.
        arena_size: in bytes.
    """

    graph: OpenGraph
    layers: tuple[NumberedLayer, ...]
    constants: Constants
    offsets: dict[int, int]
    constant_inputs: dict[int, str]
    scratch: dict[int, int]
    arena_size: int

    @property
    def sources(self) -> tuple[str, ...]:
        """C files of all kernels in use, without their ending, in alphabetical order."""
        return tuple(sorted({source for numbered in self.layers for source in numbered.layer.sources}))


def lower_network(graph: OpenGraph, file: str) -> Network:
    """Make layers of a file's operations, and plan the arena.

    Args:
        graph: of an int8 file.
        file: what the sentence of an error calls the file.

    Raises:
        UserError: an operation that the kernels in C do not have, or not with these options.
    """
    if len(graph.tree.subgraphs) != 1:
        raise UserError(f"{file} holds {len(graph.tree.subgraphs)} graphs, not one; convert the network again.")
    constants = Constants()
    layers: list[NumberedLayer] = []
    same: dict[int, int] = {}  # tensor -> the one whose bytes it has
    for operator in graph.operators:
        op = Operation(graph, operator, len(layers) + 1, file, constants)
        if op.kind in SAME_BYTES:
            op.require(not graph.is_constant(op.inputs[0]), "of a constant")
            same[op.output] = same.get(op.inputs[0], op.inputs[0])
        elif op.kind in LOWERINGS:
            layers.append(NumberedLayer(op.number, op.kind, op.name, LOWERINGS[op.kind](op)))
        else:
            op.refuse("of any kind")
    constant_inputs = {
        tensor: constants.add("constant", numbered.number, graph.values(tensor))
        for numbered in layers
        for tensor in numbered.layer.inputs
        if graph.is_constant(tensor)
    }
    placed = _Placing(graph, layers, same)
    plan = plan_arena(placed.spans)
    return Network(
        graph=graph,
        layers=tuple(layers),
        constants=constants,
        offsets={tensor: plan.offsets[index] for tensor, index in placed.span_of.items()},
        constant_inputs=constant_inputs,
        scratch={number: plan.offsets[index] for number, index in placed.scratch.items()},
        arena_size=plan.size,
    )


class _Placing:
    """Which tensors share memory, and when each piece of it is needed.

    A tensor shares the memory of the one whose bytes it has in another shape, and an output that of an input which is
    not needed any more where the kernel allows it.

    Args:
        graph: of the file.
        layers: in the order of running.
        same: tensor -> the one whose bytes it has.

    Attributes:
        span_of: tensor -> index of its memory in `spans`.
        scratch: number of a layer -> index of its working memory in `spans`.
    """

    def __init__(self, graph: OpenGraph, layers: Sequence[NumberedLayer], same: Mapping[int, int]):
        self._graph, self._same = graph, same
        self._last = self._last_uses(layers)
        self._pieces: list[list[int]] = []  # size, first, last
        self.span_of: dict[int, int] = {}
        self.scratch: dict[int, int] = {}
        for tensor in graph.inputs:
            self._new_piece(tensor, 0)
        for numbered in layers:
            self._place_output(numbered)
        for tensor, source in same.items():
            self.span_of[tensor] = self.span_of[source]

    @property
    def spans(self) -> list[Span]:
        """All memory of the network."""
        return [Span(*piece) for piece in self._pieces]

    def _last_uses(self, layers: Sequence[NumberedLayer]) -> dict[int, int]:
        """Tensor (the first of those with the same bytes) -> the last layer that needs it."""
        last = {self._first(tensor): len(layers) + 1 for tensor in self._graph.outputs}
        for numbered in layers:
            for tensor in numbered.layer.inputs:
                tensor = self._first(tensor)
                last[tensor] = max(last.get(tensor, 0), numbered.number)
        return last

    def _first(self, tensor: int) -> int:
        return self._same.get(tensor, tensor)

    def _place_output(self, numbered: NumberedLayer) -> None:
        layer, number = numbered.layer, numbered.number
        for tensor in layer.in_place:
            if self._may_cover(layer.output, tensor, number):
                index = self.span_of[layer.output] = self.span_of[self._first(tensor)]
                self._pieces[index][2] = self._last.get(layer.output, number)
                break
        else:
            self._new_piece(layer.output, number)
        if layer.scratch:
            self.scratch[number] = len(self._pieces)
            self._pieces.append([layer.scratch, number, number])

    def _may_cover(self, output: int, tensor: int, number: int) -> bool:
        """Whether the output of layer `number` may lie on one of its inputs."""
        tensor = self._first(tensor)
        return (
            not self._graph.is_constant(tensor)
            and self._last[tensor] == number
            and self._size(tensor) == self._size(output)
        )

    def _new_piece(self, tensor: int, number: int) -> None:
        self.span_of[tensor] = len(self._pieces)
        self._pieces.append([self._size(tensor), number, self._last.get(tensor, number)])

    def _size(self, tensor: int) -> int:
        return math.prod(self._graph.shape(tensor))
