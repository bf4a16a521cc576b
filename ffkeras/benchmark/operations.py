"""Time per operation: each operation of a .tflite file as a file of its own, timed in turns with the whole file.

TFLite's profiler is not reachable from Python. An operation alone costs what it costs in the graph, plus one call of
the interpreter; the cheapest operation of the file stands for that call and is taken off all others. What they do not
add up to is the price of going from one to the next, above all into and out of XNNPACK, and is reported as such.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import numpy as np

from ffkeras.benchmark.interpreters import open_interpreter
from ffkeras.benchmark.measure import RUNS
from ffkeras.benchmark.stopwatch import Clock
from ffkeras.tflite_file.cut import extract
from ffkeras.tflite_file.graph import ABSENT, TfliteGraph

DELEGATE = "DELEGATE"  # what an interpreter lists for a run of operations that a delegate took
JOINED = ("PAD", "PADV2")


@dataclass(frozen=True)
class Operation:
    """One operation of a file, and what it costs.

    Args:
        index: in the order of the file.
        kind: TFLite's name of the operation.
        output_shape: of its first output.
        output, inputs: names of the tensors, of the first output and of all that go in.
        delegated: XNNPACK runs it; otherwise one of TFLite's own kernels does.
        milliseconds: median over the rounds.
    """

    index: int
    kind: str
    output_shape: tuple[int, ...]
    output: str
    inputs: tuple[str, ...]
    delegated: bool
    milliseconds: float


@dataclass(frozen=True)
class OperationProfile:
    """Where the time of one file goes.

    Args:
        whole: milliseconds of one invocation of the whole file, median.
        operations: in the order of the file.
        partitions: runs of operations that XNNPACK took; each border costs.
    """

    whole: float
    operations: tuple[Operation, ...]
    partitions: int

    @property
    def between(self) -> float:
        """Milliseconds that the operations do not add up to; below zero where they are slower alone."""
        return self.whole - sum(operation.milliseconds for operation in self.operations)


def profile_operations(
    model: bytes, rounds: int, num_threads: int = 1, clock: Clock = time.perf_counter
) -> OperationProfile:
    """Time every operation of a file.

    A padding is timed together with the convolution that follows, and the convolution's own time is taken off: XNNPACK
    makes one of the two, while a padding alone is dear.

    Args:
        model: bytes of a .tflite file with one graph.
        rounds: in each, the whole file and every operation run a few times and the fastest run counts.
        num_threads: of the interpreter.
        clock: see `TimedDetector`.
    """
    graph = TfliteGraph(model)
    whole = open_interpreter(model, num_threads)
    taken, partitions = delegated_operations(whole._get_ops_details())
    shapes = {entry["index"]: entry["shape"].tolist() for entry in whole.get_tensor_details()}
    followers = _followers(graph)
    count = len(graph.operators)
    groups = [[index, followers[index]] if index in followers else [index] for index in range(count)]
    interpreters = [whole, *(open_interpreter(extract(graph, group, shapes), num_threads) for group in groups)]
    for interpreter in interpreters:
        _fill_inputs(interpreter)
    timed = [[_fastest_run(interpreter, clock) for interpreter in interpreters] for _ in range(rounds)]
    whole_time, *times = (1000 * median(column) for column in zip(*timed, strict=True))
    call = min(times)
    costs = [milliseconds - call for milliseconds in times]
    for index, follower in followers.items():
        costs[index] = max(0, costs[index] - costs[follower])
    operations = tuple(_describe(graph, index, index in taken, cost) for index, cost in enumerate(costs))
    return OperationProfile(whole_time, operations, partitions)


def _followers(graph: TfliteGraph) -> dict[int, int]:
    """Padding -> the operation that reads it first, with which XNNPACK joins it."""
    operators = graph.operators
    followers = {}
    for index, operator in enumerate(operators):
        later = range(index + 1, len(operators))
        readers = [other for other in later if operator.outputs[0] in operators[other].inputs]
        if graph.kind(operator) in JOINED and readers:
            followers[index] = readers[0]
    return followers


def delegated_operations(details: Iterable[dict]) -> tuple[set[int], int]:
    """Which operations a delegate runs, and in how many runs of operations.

    Args:
        details: of the operations, as an allocated interpreter lists them: first those of the file, then one DELEGATE
            for each run that a delegate took, with what goes in and what comes out.
    """
    operations = {entry["index"]: entry for entry in details if entry["op_name"] != DELEGATE}
    delegates = [entry for entry in details if entry["op_name"] == DELEGATE]
    maker = {int(tensor): index for index, entry in operations.items() for tensor in entry["outputs"]}
    taken: set[int] = set()
    for entry in delegates:
        borders = set(map(int, entry["inputs"]))
        waiting = [int(tensor) for tensor in entry["outputs"]]
        while waiting:
            tensor = waiting.pop()
            index = maker.get(tensor)
            if index is None or index in taken or tensor in borders:
                continue
            taken.add(index)
            waiting += map(int, operations[index]["inputs"])
    return taken, len(delegates)


def _fill_inputs(interpreter) -> None:
    """Values over the whole range of int8, in turns: no kernel is faster or slower for them than for an image."""
    for details in interpreter.get_input_details():
        ramp = np.resize(np.arange(-128, 128), details["shape"])
        values = ramp / 64 if np.issubdtype(details["dtype"], np.floating) else ramp
        interpreter.set_tensor(details["index"], values.astype(details["dtype"]))


def _fastest_run(interpreter, clock: Clock) -> float:
    """Seconds of the fastest of a few invocations in a row; the first brings everything into the caches."""
    seconds = []
    for _ in range(RUNS):
        start = clock()
        interpreter.invoke()
        seconds.append(clock() - start)
    return min(seconds)


def _describe(graph: TfliteGraph, index: int, delegated: bool, milliseconds: float) -> Operation:
    operator = graph.operators[index]
    output = operator.outputs[0]
    return Operation(
        index=index,
        kind=graph.kind(operator),
        output_shape=graph.shape(output),
        output=graph.name(output),
        inputs=tuple(graph.name(tensor) for tensor in operator.inputs if tensor != ABSENT),
        delegated=delegated,
        milliseconds=milliseconds,
    )
