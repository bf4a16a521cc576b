"""Boxes and landmarks decoded inside the file (SSD, Liu et al. 2016, sec. 2), so that an app needs no anchors.

The decode works in float32 on dequantised codes: whole numbers could not hold what the exponential gives. It follows
the int8 network and nothing of it flows back.
"""

from collections import Counter
from dataclasses import replace

import numpy as np

from ffkeras.geometry import make_anchors
from ffkeras.geometry.codes import CENTRE_VARIANCE, SIZE_VARIANCE
from ffkeras.runtime.metadata import DECODED_OUTPUTS, FORMAT, read_metadata
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.record import write_metadata

DECODING_OPERATIONS = Counter(  # all that `append_decoding` adds in floating point
    DEQUANTIZE=3, SLICE=2, MINIMUM=1, MUL=4, EXP=1, ADD=3, SUB=1, CONCATENATION=1, RESHAPE=2
)
LARGEST_GROWTH = 1e4  # a box of so many anchors covers any input; its exponential is far from overflow


def append_decoding(model: bytes) -> bytes:
    """The same network with outputs that need a threshold and suppression only, all float32.

    `boxes` [1, A, 4] are corners and `landmarks` [1, A, 10] points (x, y), normalised to the network input: 0..1, and
    beyond it where a face is cut off. `score` [1, A, 1] is the probability of a face.

    Args:
        model: an int8 file with its record and raw outputs; it is left as it is.

    Raises:
        ValueError: a file of another kind.
    """
    record = read_metadata(model, "the given model")
    if record.output_type != "int8":
        raise ValueError("the decode is appended to an int8 file with raw outputs")
    graph = TfliteGraph(model)
    anchors = make_anchors(record.anchors, record.image_size)[None]  # [1, A, 4]
    raw = graph.outputs_by_tensor_name(record.outputs)
    outputs = {
        "boxes": _append_boxes(graph, raw["bbox_regression"], anchors),
        "landmarks": _append_landmarks(graph, raw["landmarks"], anchors),
        "score": _append_score(graph, raw["classification"]),
    }
    graph.set_outputs(outputs)
    names = {name: name for name in DECODED_OUTPUTS}
    return write_metadata(graph.to_bytes(), replace(record, decoded=True, outputs=names, format=FORMAT))


def _append_boxes(graph: TfliteGraph, tensor: int, anchors: np.ndarray) -> int:
    centres, sizes = anchors[..., :2], anchors[..., 2:]  # [1, A, 2]

    def apply(operation: str, *inputs: int) -> int:
        output = graph.add_float(f"boxes/{operation.lower()}", centres.shape)
        return graph.append(operation, inputs, output)

    def constant(name: str, values: np.ndarray) -> int:
        return graph.add_constant(f"boxes/{name}", values.astype(np.float32))

    codes = graph.dequantize(tensor, "boxes/codes")  # [1, A, 4]
    offsets = _slice(graph, codes, "boxes/offsets", start=0, width=2)
    growths = _slice(graph, codes, "boxes/growths", start=2, width=2)
    steps = constant("steps", sizes * CENTRE_VARIANCE)
    middle = apply("ADD", apply("MUL", offsets, steps), constant("centres", centres))
    limit = np.log(LARGEST_GROWTH) / SIZE_VARIANCE
    limited = apply("MINIMUM", growths, constant("limit", np.array([limit])))
    growth = apply("EXP", apply("MUL", limited, constant("variance", np.array([SIZE_VARIANCE]))))
    halves = apply("MUL", growth, constant("halves", sizes / 2))
    corners = apply("SUB", middle, halves), apply("ADD", middle, halves)
    output = graph.add_float("boxes", graph.shape(tensor))
    return graph.append("CONCATENATION", corners, output, axis=2)


def _append_landmarks(graph: TfliteGraph, tensor: int, anchors: np.ndarray) -> int:
    by_point = anchors[:, :, None]  # [1, A, 1, 4], the same for the five points
    flat = graph.shape(tensor)  # [1, A, 10]
    shape = (*flat[:2], flat[2] // 2, 2)  # [1, A, 5, 2]

    def apply(operation: str, left: int, name: str, right: np.ndarray) -> int:
        other = graph.add_constant(f"landmarks/{name}", right.astype(np.float32))
        output = graph.add_float(f"landmarks/{operation.lower()}", shape)
        return graph.append(operation, [left, other], output)

    codes = _reshape(graph, graph.dequantize(tensor, "landmarks/codes"), "landmarks/codes_by_point", shape)
    offsets = apply("MUL", codes, "steps", by_point[..., 2:] * CENTRE_VARIANCE)
    points = apply("ADD", offsets, "centres", by_point[..., :2])
    return _reshape(graph, points, "landmarks", flat)


def _append_score(graph: TfliteGraph, tensor: int) -> int:
    last = graph.shape(tensor)[2] - 1
    face = _slice(graph, tensor, "score/int8", start=last, width=1) if last else tensor  # [1, A, 1]
    return graph.dequantize(face, "score")


def _slice(graph: TfliteGraph, tensor: int, name: str, start: int, width: int) -> int:
    """Columns `start` to `start + width` of the last axis."""
    shape = (*graph.shape(tensor)[:2], width)
    begin = graph.add_constant(f"{name}/begin", np.array([0, 0, start], np.int32))
    size = graph.add_constant(f"{name}/size", np.array(shape, np.int32))
    return graph.append("SLICE", [tensor, begin, size], graph.add_like(tensor, name, shape), version=2)


def _reshape(graph: TfliteGraph, tensor: int, name: str, shape: tuple[int, ...]) -> int:
    wanted = graph.add_constant(f"{name}/shape", np.array(shape, np.int32))
    return graph.append("RESHAPE", [tensor, wanted], graph.add_float(name, shape), newShape=list(shape))
