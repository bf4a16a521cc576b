"""Which operations make runtimes differ: each one of a file run alone, on the inputs that the reference gave it.

Comparing the tensors of whole runs shows only the first operation that differs; behind it every input differs too.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ffkeras.compare.outputs import OperationDifference
from ffkeras.errors import UserError
from ffkeras.runtimes.launch import Progress, run_worker
from ffkeras.runtimes.registry import Runtime
from ffkeras.tflite_file.cut import extract
from ffkeras.tflite_file.graph import ABSENT, TfliteGraph


class SingleOperations:
    """A .tflite file taken apart into files of one operation each.

    Args:
        model: the file's bytes.

    Attributes:
        names: TFLite's name of each operation, in the file's order.
        inputs: for each operation the tensors that it computes from, constants left out.
        outputs: for each operation the tensors that it gives.
    """

    def __init__(self, model: bytes):
        self._graph = TfliteGraph(model)
        operators = self._graph.operators
        self.names = [self._graph.kind(operator) for operator in operators]
        self.inputs = [
            [i for i in dict.fromkeys(map(int, operator.inputs)) if i != ABSENT and not self._graph.is_constant(i)]
            for operator in operators
        ]
        self.outputs = [list(map(int, operator.outputs)) for operator in operators]

    def file(self, number: int, shapes: dict[int, list[int]]) -> bytes:
        """The .tflite file of one operation, with the inputs and outputs of `inputs` and `outputs`, in their order.

        Args:
            number: of the operation.
            shapes: tensor -> shape in a run, which the file may leave open.
        """
        return extract(self._graph, [number], shapes)


def compare_operations(
    model: Path,
    inputs: Path,
    reference: Runtime,
    others: Sequence[Runtime],
    folder: Path,
    arm_python: Path | None = None,
    progress: Callable[[Runtime], Progress] = lambda runtime: lambda done, of: None,
) -> tuple[OperationDifference, ...]:
    """Run every operation alone on each runtime, and compare with the reference's results in one whole run.

    Args:
        model: the .tflite file.
        inputs: as the worker's task "tensors" takes them; the first image counts.
        reference: a runtime with reference kernels.
        others: the runtimes to compare; one that fails as a whole is left out.
        folder: where temporary files may lie.
        arm_python: the Python of runtimes for ARM.
        progress: makes the report of progress of one runtime.

    Raises:
        UserError: the reference cannot run the file.
    """
    whole = run_worker(reference, "tensors", model, inputs, folder)
    if whole.failure:
        raise UserError(f"{reference.name} cannot run {model}: {whole.failure}; choose another reference.")
    tensors = {int(index): values for index, values in whole.arrays.items()}
    single = SingleOperations(model.read_bytes())
    numbers = [n for n in range(len(single.names)) if all(i in tensors for i in single.inputs[n] + single.outputs[n])]
    shapes = {index: list(values.shape) for index, values in tensors.items()}
    files, given = folder / "operations.npz", folder / "given.npz"
    np.savez(files, **{f"model_{k}": np.frombuffer(single.file(n, shapes), np.uint8) for k, n in enumerate(numbers)})
    given_arrays = {f"{k}_{j}": tensors[i] for k, n in enumerate(numbers) for j, i in enumerate(single.inputs[n])}
    np.savez(given, **given_arrays)

    found = []
    for runtime in others:
        run = run_worker(runtime, "operations", files, given, folder, arm_python, progress(runtime))
        if not run.failure:
            found += _by_kind(runtime, single, numbers, tensors, run.arrays)
    return tuple(found)


def _by_kind(
    runtime: Runtime, single: SingleOperations, numbers: list[int], tensors: dict, arrays: dict
) -> list[OperationDifference]:
    kinds: dict[str, list[tuple[int, float, float]]] = {}
    failed: dict[str, int] = {}
    for k, number in enumerate(numbers):
        name = single.names[number]
        measured = kinds.setdefault(name, [])
        if f"error_{k}" in arrays:
            failed[name] = failed.get(name, 0) + 1
            continue
        pairs = [(tensors[index], arrays[f"{k}_{j}"]) for j, index in enumerate(single.outputs[number])]
        apart = [np.abs(other.astype(np.float64) - expected.astype(np.float64)) for expected, other in pairs]
        measured.append((number, max(float(a.max()) for a in apart), max(float((a != 0).mean()) for a in apart)))
    return [
        OperationDifference(
            runtime=runtime.name,
            operation=name,
            count=len(measured) + failed.get(name, 0),
            differing=sum(largest > 0 for _, largest, _ in measured),
            largest=max((largest for _, largest, _ in measured), default=0.0),
            share=round(max((share for _, _, share in measured), default=0.0), 6),
            first=next((number for number, largest, _ in measured if largest > 0), -1),
            failed=failed.get(name, 0),
        )
        for name, measured in sorted(kinds.items())
    ]
