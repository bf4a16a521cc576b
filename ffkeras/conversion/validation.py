"""Does a converted file do what the Keras model does? Measured through the runtime that users have."""

import os
from collections.abc import Callable, Sequence

import numpy as np

from ffkeras.backend import tf
from ffkeras.conversion.agreement import (
    DETECTED,
    FaceAgreement,
    largest_relative_error,
    top_anchor_error,
)
from ffkeras.conversion.apply_target import float_operations
from ffkeras.conversion.report import Check, ValidationReport
from ffkeras.geometry import letterbox, make_anchors
from ffkeras.layers import OUTPUTS
from ffkeras.models.featherface import FeatherFace
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.runtime import decode_faces, read_model
from ffkeras.runtime.interpreter import Interpreter
from ffkeras.tflite_file.summary import GraphSummary, graph_faults, summarise_graph

FLOAT_ERROR = 1e-4  # largest difference by the largest number: float32 summed in another order gives about 1e-6
# Int8: root mean square of the difference by that of the reference, on the best anchors. Sound files of networks after
# 400 to 6500 training steps had at most 0.25, 0.14 and 0.14; one with ranges cut off by mistake had 0.48, 0.19 and 0.20
# and lost four faces in ten.
INT8_ERRORS = {"classification": 0.35, "bbox_regression": 0.25, "landmarks": 0.25}
# After quantization-aware training the reference rounds as the file does: trained networks had at most 0.04.
TRAINED_ERRORS = dict.fromkeys(INT8_ERRORS, 0.15)
LOST_FACES = (
    0.1  # part of the sure faces that the file may lose, or add; one in any case; sound files lost 0 to 3 in 87
)
FEWEST_FACES = 5  # a mean over fewer faces says nothing
FACE_IOU = 0.85  # mean; the sound files had 0.93 or more
LANDMARK_DISTANCE = 0.08  # mean, of the face's size, small faces included; the sound files had 0.01 to 0.04
SCORE_DIFFERENCE = 0.1  # mean; the distance between the two thresholds of a sure and of a detected face

Outputs = dict[str, np.ndarray]


def validate(
    path: str | os.PathLike, model: FeatherFace | QuantizedFeatherFace, images: Sequence[np.ndarray]
) -> ValidationReport:
    """Compare a converted file with the network that it was made from.

    Float32 must agree number by number. Int8 is compared on the anchors that the network scores highest, relative to
    the size of its numbers there, which means something for a network after one minute of training too. For both, the
    faces that the two find must be the same.

    Args:
        path: of the .tflite file with its record and raw outputs.
        model: the network.
        images: uint8 BGR [H, W, 3] of any size, at least one.

    Raises:
        UserError: the file cannot be run.
    """
    data = read_model(path)
    interpreter = Interpreter(path)
    if interpreter.metadata.decoded:
        raise ValueError("validate the file before its decode is appended, and then the difference with check_target")
    graph, image_size = summarise_graph(data), interpreter.image_size
    anchors = make_anchors(model.config.anchors, image_size)
    forward = _keras_forward(model, image_size)
    pairs, faces = [], FaceAgreement()
    for image in images:
        canvas, fitted = letterbox(image, image_size, model.config.mean)
        pair = forward(canvas), interpreter.run(canvas)
        settings = {"score_threshold": DETECTED, "iou_threshold": interpreter.metadata.iou_threshold}
        faces.add(*(decode_faces(outputs, anchors, image_size, fitted, **settings) for outputs in pair))
        pairs.append(pair)
    is_int8 = interpreter.metadata.quantization == "int8"
    limits = TRAINED_ERRORS if isinstance(model, QuantizedFeatherFace) else INT8_ERRORS
    raw = _int8_checks(pairs, graph, limits) if is_int8 else _float_checks(pairs)
    return ValidationReport(
        checks=(*raw, *_face_checks(faces)),
        faults=tuple(graph_faults(graph, is_int8, float_operations(interpreter.metadata))),
        images=len(images),
        faces=faces.sure,
    )


def _keras_forward(model: FeatherFace, image_size: tuple[int, int]) -> Callable[[np.ndarray], Outputs]:
    mean = np.array(model.config.mean, np.float32)
    graph = tf.function(
        lambda batch: model(batch, training=False), input_signature=[tf.TensorSpec((1, *image_size, 3), tf.float32)]
    )
    return lambda canvas: {name: value[0].numpy() for name, value in graph(canvas[None] - mean).items()}


def _float_checks(pairs: Sequence[tuple[Outputs, Outputs]]) -> list[Check]:
    checks = []
    for output in OUTPUTS:
        worst = max(largest_relative_error(reference[output], other[output]) for reference, other in pairs)
        checks.append(Check(f"{output}, largest relative error", worst, FLOAT_ERROR))
    return checks


def _int8_checks(
    pairs: Sequence[tuple[Outputs, Outputs]], graph: GraphSummary, limits: dict[str, float]
) -> list[Check]:
    checks = []
    for output in OUTPUTS:
        step = graph.output_scales[output]
        squares = [top_anchor_error(reference, other, output, step) for reference, other in pairs]
        differences, sizes = np.array(squares).mean(axis=0)
        error = float(np.sqrt(differences / sizes))
        checks.append(Check(f"{output}, relative error on the best anchors", error, limits[output]))
    return checks


def _face_checks(faces: FaceAgreement) -> list[Check]:
    checks = [
        Check("faces lost", faces.missed, max(1, LOST_FACES * faces.sure)),
        Check("faces added", faces.extra, max(1, LOST_FACES * faces.other_sure)),
    ]
    if len(faces.ious) >= FEWEST_FACES:
        checks += [
            Check("overlap of the same face, mean IoU", float(np.mean(faces.ious)), FACE_IOU, at_least=True),
            Check("landmark distance by face size, mean", float(np.mean(faces.landmark_distances)), LANDMARK_DISTANCE),
            Check("score difference, mean", float(np.mean(faces.score_differences)), SCORE_DIFFERENCE),
        ]
    return checks
