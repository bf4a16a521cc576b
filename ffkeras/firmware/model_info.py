"""What a program must know to run a file on a microcontroller."""

import hashlib
from dataclasses import dataclass

from ffkeras.errors import UserError
from ffkeras.runtime.metadata import Metadata, read_metadata
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.micro_operations import operation_names


@dataclass(frozen=True)
class Tensor:
    """An int8 input or output. A value is worth `scale * (value - zero_point)`.

    Args:
        index: its place among the file's inputs or outputs, which is TFLite Micro's `input(index)`, `output(index)`.
        width: numbers per pixel or anchor, the last axis.
        scale, zero_point: of the quantization.
    """

    index: int
    width: int
    scale: float
    zero_point: int


@dataclass(frozen=True)
class ModelInfo:
    """All that is written beside the bytes of a model.

    Args:
        record: the file's own record.
        operations: TFLite's names of its operations, each once.
        input: the image.
        outputs: "classification", "bbox_regression", "landmarks" -> where and how it comes out.
        size: of the file in bytes.
        sha256: of the file, in hexadecimal.
    """

    record: Metadata
    operations: tuple[str, ...]
    input: Tensor
    outputs: dict[str, Tensor]
    size: int
    sha256: str


def read_model_info(model: bytes, name: str) -> ModelInfo:
    """Gather what the bytes of a .tflite file say.

    Args:
        model: bytes of an int8 file with an ffkeras record.
        name: what the sentence of an error calls the file.

    Raises:
        UserError: a file that cannot be used, that is not int8 from input to outputs, or that TFLite Micro cannot run.
    """
    record = read_metadata(model, name)
    if record.output_type != "int8" or record.borders != "int8":
        raise UserError(
            f"{name} takes or gives float32; for firmware convert it with --int8, and without decoding in the file."
        )
    graph = TfliteGraph(model)
    operations = operation_names(graph.tree, name)
    outputs = {graph.name(tensor): (index, tensor) for index, tensor in enumerate(graph.outputs)}
    return ModelInfo(
        record=record,
        operations=operations,
        input=_read_tensor(graph, 0, graph.inputs[0]),
        outputs={output: _read_tensor(graph, *outputs[tensor]) for output, tensor in record.outputs.items()},
        size=len(model),
        sha256=hashlib.sha256(model).hexdigest(),
    )


def _read_tensor(graph: TfliteGraph, index: int, tensor: int) -> Tensor:
    quantization = graph.quantization(tensor)
    return Tensor(index, graph.shape(tensor)[-1], float(quantization.scale[0]), int(quantization.zeroPoint[0]))
