"""Leaving out of a finished file what no runtime reads: names, notes of the converter, repetition."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ffkeras.geometry import letterbox
from ffkeras.runtime.interpreter import Interpreter
from ffkeras.runtime.metadata import FORMAT, read_metadata
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.record import write_metadata

CONVERTERS_NOTES = (b"CONVERSION_METADATA",)  # entries of the file's metadata: its options and version


def slim(model: bytes, name: str = "the given model") -> bytes:
    """The same network in fewer bytes; a slim file comes back as it is.

    The input and the outputs are called what the signature and the record call them. No other tensor has a name:
    TFLite finds tensors by number, and the names of layers, several of them joined for one tensor, are a fifth of an
    int8 file. What is equal is stored once; what nothing takes is dropped.

    Args:
        model: bytes of a .tflite file with its record, the last form of it.
        name: what the sentence of an error calls the file.

    Raises:
        UserError: a file that cannot be used.
    """
    record = read_metadata(model, name)
    graph = TfliteGraph(model)
    outputs = graph.outputs_by_tensor_name(record.outputs)
    borders = {**graph.named_inputs, **outputs}
    graph.set_names({tensor: name for name, tensor in borders.items()})
    tree = graph.tree
    tree.description = None
    tree.metadata = [entry for entry in tree.metadata if entry.name not in CONVERTERS_NOTES]
    graph.drop_unused()
    names = {output: output for output in outputs}
    return write_metadata(graph.to_bytes(), replace(record, outputs=names, format=FORMAT))


def differing_outputs(model: bytes, other: bytes, images: Sequence[np.ndarray]) -> list[str]:
    """The outputs in which two files of one network differ in any bit, on the runtime that users have here.

    Args:
        model, other: bytes of .tflite files with their records, which give the same outputs of the same type.
        images: uint8 BGR [H, W, 3] of any size, at least one.

    Raises:
        UserError: a file that cannot be used.
    """
    one, two = Interpreter(model), Interpreter(other)
    different = set()
    for image in images:
        canvas, _ = letterbox(image, one.image_size, one.metadata.mean)
        outputs, others = one.invoke(canvas), two.invoke(canvas)
        different |= {n for n in outputs if outputs[n].values.tobytes() != others[n].values.tobytes()}
    return sorted(different)
