"""Leaving out of a finished file what no runtime reads: names, notes of the converter, repetition."""

from dataclasses import replace

from ffkeras.conversion.metadata import write_metadata
from ffkeras.conversion.open_graph import OpenGraph
from ffkeras.runtime.metadata import FORMAT, read_metadata

CONVERTERS_NOTES = (b"CONVERSION_METADATA",)  # entries of the file's metadata: its options and version


def slim(model: bytes) -> bytes:
    """The same network in fewer bytes; a slim file comes back as it is.

    The input and the outputs are called what the signature and the record call them. No other tensor has a name:
    TFLite finds tensors by number, and the names of layers, several of them joined for one tensor, are a fifth of an
    int8 file. What is equal is stored once; what nothing takes is dropped.

    Args:
        model: bytes of a .tflite file with its record, the last form of it.

    Raises:
        UserError: a file that cannot be used.
    """
    record = read_metadata(model, "the given model")
    graph = OpenGraph(model)
    outputs = graph.outputs_by_tensor_name(record.outputs)
    borders = {**graph.named_inputs, **outputs}
    graph.set_names({tensor: name for name, tensor in borders.items()})
    tree = graph.tree
    tree.description = None
    tree.metadata = [entry for entry in tree.metadata if entry.name not in CONVERTERS_NOTES]
    graph.drop_unused()
    names = {name: name for name in outputs}
    return write_metadata(graph.to_bytes(), replace(record, outputs=names, format=FORMAT))
