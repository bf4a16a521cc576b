"""The tensors at a graph's borders, and whether they are those that the record beside the graph speaks of.

Python, the exporters, Java and JavaScript share this check, and the files in `tests/forged.py` that it refuses. The
field numbers are those of TFLite's schema version 3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ffkeras.runtime.flatbuffer import (
    MODEL_OPERATOR_CODES,
    MODEL_SUBGRAPHS,
    BrokenFileError,
    FlatbufferReader,
    open_model,
)

MODEL_SIGNATURES = 7
SUBGRAPH_TENSORS, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, SUBGRAPH_OPERATORS = 0, 1, 2, 3
TENSOR_SHAPE, TENSOR_TYPE, TENSOR_NAME, TENSOR_QUANTIZATION = 0, 1, 3, 4
QUANTIZATION_SCALES, QUANTIZATION_ZERO_POINTS = 2, 3
OPERATOR_CODE, OPERATOR_INPUTS, OPERATOR_OUTPUTS = 0, 1, 2
CODE_DEPRECATED, CODE_BUILTIN = 0, 3  # a code is the larger of the two
SIGNATURE_INPUTS, SIGNATURE_OUTPUTS, SIGNATURE_GRAPH = 0, 1, 4
MAP_NAME, MAP_TENSOR = 0, 1
CONCATENATION = 2
TYPES = {0: "float32", 9: "int8"}
OUTPUT_WIDTHS = {  # last axis; files since format 2 may give the probability of a face without that of background
    "classification": (2, 1),
    "bbox_regression": (4,),
    "landmarks": (10,),
    "score": (1,),
    "boxes": (4,),
}
MOST_STEPS = 8  # from an output back to where its levels are joined


class DisagreementError(ValueError):
    """A graph is not the one that its record speaks of; the message says in what."""


@dataclass(frozen=True)
class Border:
    """An input or output of a graph.

    Args:
        name: the tensor's own.
        type: "float32", "int8", or another type's name.
        shape: of the tensor.
        scale, zero_point: of int8 values; 0 where there are none.
        levels: anchors of each pyramid level where the graph joins them in this output; empty where it does not.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    scale: float = 0.0
    zero_point: int = 0
    levels: tuple[int, ...] = ()


def read_borders(model: bytes) -> tuple[list[Border], list[Border]]:
    """The inputs and the outputs of a .tflite file's one graph.

    Raises:
        BrokenFileError: a truncated file, or a graph that names what is not there.
        DisagreementError: several graphs, or a signature that does not name just the graph's own tensors.
    """
    reader, root = open_model(model)
    graphs = reader.tables(root, MODEL_SUBGRAPHS)
    if len(graphs) != 1:
        raise DisagreementError(f"it has {len(graphs)} graphs")
    graph = _Graph(reader, root, graphs[0])
    for signature in reader.tables(root, MODEL_SIGNATURES):
        for slot, tensors in ((SIGNATURE_INPUTS, graph.inputs), (SIGNATURE_OUTPUTS, graph.outputs)):
            entries = reader.tables(signature, slot)
            named = [reader.scalar(entry, MAP_TENSOR, "I") for entry in entries]
            if reader.scalar(signature, SIGNATURE_GRAPH, "I") or sorted(named) != sorted(tensors):
                raise DisagreementError("its signature names other tensors than its graph")
            if len({reader.text(entry, MAP_NAME) for entry in entries}) < len(
                entries
            ):  # JavaScript takes them by these
                raise DisagreementError("its signature gives several tensors one name")
    return [graph.border(tensor) for tensor in graph.inputs], [graph.border(tensor) for tensor in graph.outputs]


class _Graph:
    """One graph, as far as its borders need it."""

    def __init__(self, reader: FlatbufferReader, root: int, graph: int):
        self._reader = reader
        self._tensors = reader.tables(graph, SUBGRAPH_TENSORS)
        self._makers = {}  # tensor -> the first operation that gives it
        for operator in reader.tables(graph, SUBGRAPH_OPERATORS):
            for tensor in reader.numbers(operator, OPERATOR_OUTPUTS, "i", 4):
                self._makers.setdefault(tensor, operator)
        self._codes = reader.tables(root, MODEL_OPERATOR_CODES)
        self.inputs = reader.numbers(graph, SUBGRAPH_INPUTS, "i", 4)
        self.outputs = reader.numbers(graph, SUBGRAPH_OUTPUTS, "i", 4)

    def border(self, tensor: int) -> Border:
        """An input or output."""
        reader, table = self._reader, self._tensor(tensor)
        kind = reader.scalar(table, TENSOR_TYPE, "b")
        scale, zero_point = 0.0, 0
        quantization = reader.table(table, TENSOR_QUANTIZATION)
        if quantization is not None:
            scales = reader.numbers(quantization, QUANTIZATION_SCALES, "f", 4)
            zero_points = reader.numbers(quantization, QUANTIZATION_ZERO_POINTS, "q", 8)
            if len(scales) == len(zero_points) == 1:
                scale, zero_point = scales[0], zero_points[0]
        name, shape = reader.text(table, TENSOR_NAME), self._shape(tensor)
        return Border(name, TYPES.get(kind, f"type {kind}"), shape, scale, zero_point, self._levels(tensor))

    def _tensor(self, tensor: int) -> int:
        if not 0 <= tensor < len(self._tensors):
            raise BrokenFileError(f"its graph names tensor {tensor} of {len(self._tensors)}")
        return self._tensors[tensor]

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return self._reader.numbers(self._tensor(tensor), TENSOR_SHAPE, "i", 4)

    def _levels(self, tensor: int) -> tuple[int, ...]:
        """Rows of what is joined, where a tensor comes from a CONCATENATION by operations of one input each."""
        reader = self._reader
        for _ in range(MOST_STEPS):
            operator = self._makers.get(tensor)
            if operator is None:
                return ()
            inputs = reader.numbers(operator, OPERATOR_INPUTS, "i", 4)
            if self._code(operator) == CONCATENATION:
                shapes = map(self._shape, inputs)
                return tuple(shape[1] if len(shape) > 1 else 0 for shape in shapes)
            if len(inputs) != 1:
                return ()
            tensor = inputs[0]
        return ()

    def _code(self, operator: int) -> int:
        index = self._reader.scalar(operator, OPERATOR_CODE, "I")
        if index >= len(self._codes):
            raise BrokenFileError(f"its graph names operation {index} of {len(self._codes)}")
        code = self._codes[index]
        kinds = ((CODE_DEPRECATED, "b"), (CODE_BUILTIN, "i"))
        return max(self._reader.scalar(code, slot, kind) for slot, kind in kinds)


def check_borders(record, inputs: Sequence[Border], outputs: Sequence[Border]) -> None:
    """Hold the borders of a graph against the record beside it.

    Args:
        record: a `Metadata`.
        inputs, outputs: of the graph, as the file or an interpreter gives them.

    Raises:
        DisagreementError: they are others than the record says.
    """
    expected = (1, *record.image_size, 3)
    if [border.shape for border in inputs] != [expected]:
        found = _text([_text(border.shape) for border in inputs])
        raise DisagreementError(f"its inputs are {found} where the record says {_text(expected)}")
    _check_type("input", inputs[0], record.borders)
    if len(outputs) != len(record.outputs):
        raise DisagreementError(f"it has {len(outputs)} outputs where the record names {len(record.outputs)}")
    for output, tensor in record.outputs.items():
        found = [border for border in outputs if border.name == tensor]
        if len(found) != 1:
            raise DisagreementError(f"it has {len(found)} outputs by the name of the record's {output}")
        _check_output(record, output, found[0])


def _check_output(record, output: str, border: Border) -> None:
    expected = [(1, record.anchor_count, width) for width in OUTPUT_WIDTHS[output]]
    if border.shape not in expected:
        says = f"where the record says {_text(expected[0])}"
        raise DisagreementError(f"its {output} is {_text(border.shape)} {says}")
    _check_type(output, border, record.output_type)
    counts = record.anchor_counts
    if border.levels and border.levels != counts and not record.decoded:
        says = f"where the record says {_text(counts)}"
        raise DisagreementError(f"the levels of its {output} have {_text(border.levels)} anchors {says}")


def _check_type(what: str, border: Border, expected: str) -> None:
    if border.type != expected:
        raise DisagreementError(f"its {what} is {border.type} where the record says {expected}")
    worth = 0 < border.scale < math.inf and -128 <= border.zero_point <= 127
    if expected == "int8" and not worth:
        raise DisagreementError(f"its {what} has not one scale above zero and one zero point in -128..127")


def _text(values: Sequence) -> str:
    return f"[{', '.join(map(str, values))}]"
