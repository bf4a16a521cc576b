"""How far the raw outputs of two runtimes lie apart, in steps of the int8 output or, for floats, in absolute terms."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ffkeras.tflite_file.graph import TfliteGraph


@dataclass(frozen=True)
class OutputDifference:
    """One output, over all images.

    Args:
        output: "classification", "bbox_regression" or "landmarks".
        largest: the largest difference anywhere: in LSB where `in_steps`, else absolute.
        share: part of the values that differ, 0..1.
        in_steps: the output is int8, or int8 behind a DEQUANTIZE.
    """

    output: str
    largest: float
    share: float
    in_steps: bool

    @property
    def text(self) -> str:
        """ "exact", "3 LSB (1.5 %)" or "2.1e-06"."""
        if self.largest == 0:
            return "exact"
        if not self.in_steps:
            return f"{self.largest:.1e}"
        share = f"{100 * self.share:.2g}" if self.share >= 1e-4 else "<0.01"
        return f"{self.largest:.0f} LSB ({share} %)"


@dataclass(frozen=True)
class OperationDifference:
    """One kind of operation on one runtime, each operation run alone on the reference's own inputs.

    Args:
        runtime: its name.
        operation: TFLite's name of the operation.
        count: how many the file has.
        differing: how many of them give another result than the reference.
        largest: the largest difference, in LSB or, for floats, absolute.
        share: the largest part of one result's values that differs, 0..1.
        first: number of the first of them in the file's order, -1 where none differs.
        failed: how many the runtime could not run.
    """

    runtime: str
    operation: str
    count: int
    differing: int
    largest: float
    share: float
    first: int
    failed: int


def output_steps(model: bytes) -> list[float | None]:
    """What one LSB of each output is worth in its own unit, in the file's order; None for a float output.

    An int8 output counts in its own integers (1.0); one that a DEQUANTIZE turns to float, in that one's scale.
    """
    graph = TfliteGraph(model)
    scales = {
        int(operator.outputs[0]): float(graph.quantization(operator.inputs[0]).scale[0])
        for operator in graph.operators
        if graph.kind(operator) == "DEQUANTIZE"
    }
    return [1.0 if graph.is_int8(index) else scales.get(index) for index in graph.outputs]


def compare_outputs(
    reference: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray], steps: Mapping[str, float | None]
) -> tuple[OutputDifference, ...]:
    """The differences, output by output.

    Args:
        reference, other: raw outputs [N, ...] by name; the shorter N of the two counts.
        steps: what one LSB is worth, by name; see `output_steps`.
    """
    return tuple(_difference(name, values, other[name], steps[name]) for name, values in reference.items())


def _difference(name: str, reference: np.ndarray, other: np.ndarray, step: float | None) -> OutputDifference:
    count = min(len(reference), len(other))
    apart = np.abs(other[:count].astype(np.float64) - reference[:count].astype(np.float64))
    if step is not None:
        apart = np.round(apart / step)
    largest = float(apart.max()) if np.isfinite(apart).all() else float("inf")
    return OutputDifference(name, largest, float((apart != 0).mean()), step is not None)
