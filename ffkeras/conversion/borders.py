"""Float32 at the borders of an int8 file, for runtimes that refuse int8 there (LiteRT.js in a browser)."""

from collections import Counter
from dataclasses import replace

from ffkeras.runtime.metadata import FORMAT, read_metadata
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.record import write_metadata

BORDER_OPERATIONS = Counter(QUANTIZE=1, DEQUANTIZE=3)  # all that `add_float_borders` adds


def add_float_borders(model: bytes) -> bytes:
    """The same network with a float32 input, `image - mean`, and float32 outputs; between them all stays int8.

    Args:
        model: an int8 file with its record and raw outputs; it is left as it is.

    Raises:
        ValueError: a file of another kind.
    """
    record = read_metadata(model, "the given model")
    if record.output_type != "int8":
        raise ValueError("float borders are added to an int8 file with raw outputs")
    graph = TfliteGraph(model)
    ((name, tensor),) = graph.named_inputs.items()
    image = graph.add_float(name, graph.shape(tensor))
    graph.operators.insert(0, graph.operation("QUANTIZE", [image], tensor))
    graph.set_inputs({name: image})
    raw = graph.outputs_by_tensor_name(record.outputs)
    graph.set_outputs({name: graph.dequantize(tensor, name) for name, tensor in raw.items()})
    names = {name: name for name in raw}
    return write_metadata(graph.to_bytes(), replace(record, borders="float32", outputs=names, format=FORMAT))
