"""Making the file of a target out of a raw int8 file, and proving that it gives the same faces."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ffkeras.conversion.borders import BORDER_OPERATIONS, add_float_borders
from ffkeras.conversion.decoding import DECODING_OPERATIONS, append_decoding
from ffkeras.conversion.report import Check, ValidationReport
from ffkeras.conversion.slim import slim
from ffkeras.conversion.targets import Target
from ffkeras.geometry import decode_boxes, decode_landmarks, letterbox, make_anchors
from ffkeras.runtime.decode import FACE_COLUMN
from ffkeras.runtime.interpreter import Interpreter
from ffkeras.runtime.metadata import Metadata
from ffkeras.tflite_file.micro_operations import missing_kernels
from ffkeras.tflite_file.summary import EVERYWHERE_INT8, graph_faults, summarise_graph

LOWEST_SCORE = 0.02  # anchors below it are never looked at: the threshold of WIDER FACE's evaluation
SCORE_DIFFERENCE = 0.0  # the same int8 number, so the same float
PIXELS = 1e-3  # float32 in another order of operations gives a tenth of it


def apply_target(model: bytes, target: Target, keep_names: bool = False) -> bytes:
    """The file that a target wants; the given one where that is the same.

    Args:
        model: an int8 file with its record and raw outputs.
        target: the profile; its image size is not looked at, the file has one already.
        keep_names: as `convert` takes it.
    """
    if not target.decoded and target.borders == "int8":
        return model
    made = append_decoding(model) if target.decoded else add_float_borders(model)
    return made if keep_names else slim(made)


def float_operations(record: Metadata) -> Counter:
    """What an int8 file with this record may compute in floating point, around its network."""
    if record.decoded:
        return DECODING_OPERATIONS
    return BORDER_OPERATIONS if record.borders == "float32" else EVERYWHERE_INT8


def check_target(
    model: bytes, raw: bytes, target: Target, images: Sequence[np.ndarray], report: ValidationReport
) -> ValidationReport:
    """Add to the raw file's report whether the target's file gives the same, and has what the target demands.

    Args:
        model: the target's file.
        raw: the file that it was made from.
        target: the profile.
        images: uint8 BGR [H, W, 3] of any size, at least one.
        report: what `validate` found about `raw`.
    """
    graph, faults, checks = summarise_graph(model), [], []
    if model != raw:
        faults += graph_faults(graph, True, float_operations(Interpreter(model).metadata))
        checks += _same_results(model, raw, images)
    if target.micro and (missing := missing_kernels(graph)):
        faults.append(f"TFLite Micro lacks {', '.join(missing)}")
    return replace(report, checks=(*report.checks, *checks), faults=(*report.faults, *faults))


def _same_results(model: bytes, raw: bytes, images: Sequence[np.ndarray]) -> list[Check]:
    interpreters = Interpreter(raw), Interpreter(model)
    worst = np.zeros(3)
    for image in images:
        canvas, _ = letterbox(image, interpreters[0].image_size, interpreters[0].metadata.mean)
        expected, given = (_results(interpreter, canvas) for interpreter in interpreters)
        candidates = expected[0] >= LOWEST_SCORE
        differences = [
            np.abs(a[candidates] - b[candidates]).max(initial=0) for a, b in zip(expected, given, strict=True)
        ]
        differences[0] = np.abs(expected[0] - given[0]).max()
        worst = np.maximum(worst, differences)
    return [
        Check("score, largest difference to the raw file", float(worst[0]), SCORE_DIFFERENCE),
        Check("boxes, largest difference to the raw file in pixels", float(worst[1]), PIXELS),
        Check("landmarks, largest difference to the raw file in pixels", float(worst[2]), PIXELS),
    ]


def _results(interpreter: Interpreter, canvas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores [A], boxes [A, 4] clipped to the input and landmarks [A, 5, 2], in pixels of the input."""
    outputs, record = interpreter.run(canvas), interpreter.metadata
    if record.decoded:
        scores, boxes, landmarks = outputs["score"], outputs["boxes"], outputs["landmarks"].reshape(-1, 5, 2)
    else:
        anchors = make_anchors(record.anchors, record.image_size)
        scores = outputs["classification"]
        with np.errstate(over="ignore"):  # wild size codes: infinite boxes, clipped below
            boxes = decode_boxes(outputs["bbox_regression"], anchors)
        landmarks = decode_landmarks(outputs["landmarks"], anchors)
    sides = np.array(interpreter.image_size[::-1], np.float32)  # width, height
    corners = np.clip(boxes.reshape(-1, 2, 2), 0, 1) * sides
    return scores[:, FACE_COLUMN], corners.reshape(-1, 4), landmarks * sides
