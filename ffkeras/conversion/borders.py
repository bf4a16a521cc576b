"""Float32 at the borders of an int8 file, for runtimes that refuse int8 there (LiteRT.js in a browser)."""

from collections import Counter
from dataclasses import replace

from ffkeras.conversion.graph_editor import GraphEditor
from ffkeras.conversion.metadata import write_metadata
from ffkeras.runtime.metadata import FORMAT, read_metadata

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
    editor = GraphEditor(model)
    for name, tensor in editor.inputs.items():
        editor.inputs[name] = editor.float_tensor(name, editor.shape(tensor))
        editor.add("QUANTIZE", [editor.inputs[name]], tensor, first=True)
    raw = editor.named_outputs(record.outputs)
    editor.outputs = {
        name: editor.add("DEQUANTIZE", [tensor], editor.float_tensor(name, editor.shape(tensor)))
        for name, tensor in raw.items()
    }
    names = {name: name for name in editor.outputs}
    return write_metadata(editor.to_bytes(), replace(record, borders="float32", outputs=names, format=FORMAT))
