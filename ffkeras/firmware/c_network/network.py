"""A whole file as layers in C, with a place in the arena for every tensor."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ffkeras.errors import UserError
from ffkeras.firmware.c_network import elementwise, movement, reductions, windows
from ffkeras.firmware.c_network.arena_plan import Span, plan_arena
from ffkeras.firmware.c_network.layer import Constants, Layer
from ffkeras.firmware.c_network.operation import Operation
from ffkeras.firmware.c_network.schedule import Step, Work, order_steps
from ffkeras.tflite_file.graph import TfliteGraph

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
        number: from 1, in the order of the file.
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
        layers: in the order of running, which is one that needs little memory.
        constants: the arrays that layers refer to.
        offsets: tensor -> where it begins in the arena, in bytes.
        constant_inputs: tensor -> name of the array that holds it.
        scratch: number of a layer -> where its working memory begins.
        arena_size: in bytes.
    """

    graph: TfliteGraph
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


def lower_network(graph: TfliteGraph, file: str) -> Network:
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
    return _planned(graph, layers, constants, constant_inputs, same)


def _planned(
    graph: TfliteGraph,
    layers: Sequence[NumberedLayer],
    constants: Constants,
    constant_inputs: dict[int, str],
    same: Mapping[int, int],
) -> Network:
    """Choose an order of the layers, and places in the arena."""
    work = _work(graph, layers, same)
    order = order_steps(work)
    spans, span_of, scratch = _spans(work, order)
    plan = plan_arena(spans, goal=work.most_memory(order)[0])
    offsets = {tensor: plan.offsets[index] for tensor, index in span_of.items()}
    ends = [
        offsets[tensor] + work.sizes[tensor] + layers[index].layer.reads_behind
        for index, step in enumerate(work.steps)
        for tensor in step.inputs
    ]
    return Network(
        graph=graph,
        layers=tuple(layers[index] for index in order),
        constants=constants,
        offsets=offsets | {tensor: offsets[first] for tensor, first in same.items()},
        constant_inputs=constant_inputs,
        scratch={layers[index].number: plan.offsets[span] for index, span in scratch.items()},
        arena_size=max(plan.size, *ends),
    )


def _work(graph: TfliteGraph, layers: Sequence[NumberedLayer], same: Mapping[int, int]) -> Work:
    """The layers as the scheduler sees them: tensors with the same bytes are one, constants are not there."""

    def variables(tensors: Iterable[int]) -> tuple[int, ...]:
        return tuple(same.get(tensor, tensor) for tensor in tensors if not graph.is_constant(tensor))

    steps = []
    for layer in (numbered.layer for numbered in layers):
        distances = {variables([t])[0]: d for t, d in layer.distances.items() if not graph.is_constant(t)}
        steps.append(Step(variables(layer.inputs), layer.output, layer.scratch, distances))
    tensors = (*graph.inputs, *(step.output for step in steps))
    return Work(
        steps=tuple(steps),
        sizes={tensor: math.prod(graph.shape(tensor)) for tensor in tensors},
        inputs=tuple(graph.inputs),
        outputs=variables(graph.outputs),
    )


def _spans(work: Work, order: Sequence[int]) -> tuple[list[Span], dict[int, int], dict[int, int]]:
    """All memory of a network, the spans of its tensors, and those of its steps' working memory."""
    lifetimes = work.lifetimes(order)
    span_of = {tensor: index for index, tensor in enumerate(lifetimes)}
    distances: dict[int, dict[int, int]] = {}
    scratch: dict[int, int] = {}
    extra = []
    for place, index in enumerate(order):
        step = work.steps[index]
        distances[step.output] = {
            span_of[tensor]: distance for tensor, distance in step.distances.items() if lifetimes[tensor][1] == place
        }
        if step.scratch:
            scratch[index] = len(lifetimes) + len(extra)
            extra.append(Span(step.scratch, place, place))
    tensors = [Span(work.sizes[tensor], *lifetime, distances.get(tensor, {})) for tensor, lifetime in lifetimes.items()]
    return [*tensors, *extra], span_of, scratch
