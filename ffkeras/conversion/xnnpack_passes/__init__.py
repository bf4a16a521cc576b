"""Operations of a converted file in equal forms that XNNPACK runs faster. Takes and gives the bytes of a file."""

from collections.abc import Sequence

from ffkeras.conversion.xnnpack_passes.convolution import join_columns, ungroup
from ffkeras.conversion.xnnpack_passes.pooling import pool_by_convolution
from ffkeras.conversion.xnnpack_passes.upsampling import repeat_by_concatenation, scale_before_upsampling
from ffkeras.tflite_file.graph import Rule, TfliteGraph

RULES: dict[str, Rule] = {
    "constant factors before upsampling": scale_before_upsampling,
    "upsampling by concatenation": repeat_by_concatenation,
    "average pools as convolutions": pool_by_convolution,
    "grouped convolutions as dense ones": ungroup,
    "columns joined in narrow convolutions": join_columns,
}


def apply_xnnpack_passes(model: bytes) -> bytes:
    """The file after all of `RULES`.

    Args:
        model: a .tflite file of one graph and batch 1, as the converter writes it.
    """
    graph = TfliteGraph(model)
    for rule in RULES.values():
        graph.apply(rule)
    return graph.to_bytes()


def has_xnnpack_forms(model: bytes) -> bool:
    """Whether `apply_xnnpack_passes` changed this file, told by its shapes: only these rules join columns of a map."""
    graph = TfliteGraph(model)
    reshapes = [operator for operator in graph.operators if graph.kind(operator) == "RESHAPE"]
    return any(_joins_columns(graph.shape(op.inputs[0]), graph.shape(op.outputs[0])) for op in reshapes)


def _joins_columns(before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether [1, H, W, C] becomes [1, H, W / n, n * C]."""
    return len(before) == len(after) == 4 and before[:2] == after[:2] and after[2] < before[2]


__all__ = ["RULES", "apply_xnnpack_passes", "has_xnnpack_forms"]
