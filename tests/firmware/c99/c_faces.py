"""faces.h for Python."""

import ctypes
from ctypes import POINTER, Structure, byref, c_float, c_int, c_int8, c_int32, c_ssize_t, c_void_p

import numpy as np

from ffkeras.geometry import AnchorConfig


class FaceQuantization(Structure):
    _fields_ = [("scale", c_float), ("zero_point", c_int)]


class FaceLevel(Structure):
    _fields_ = [("stride", c_int), ("anchor_sizes", POINTER(c_float))]


class FaceModel(Structure):
    _fields_ = [
        ("input_height", c_int),
        ("input_width", c_int),
        ("mean", c_float * 3),
        ("input", FaceQuantization),
        ("anchor_count", c_int),
        ("level_count", c_int),
        ("anchors_per_cell", c_int),
        ("levels", POINTER(FaceLevel)),
        ("centre_variance", c_float),
        ("size_variance", c_float),
        ("class_count", c_int),
        ("classification", FaceQuantization),
        ("bbox_regression", FaceQuantization),
        ("landmarks", FaceQuantization),
        ("score_threshold", c_float),
        ("iou_threshold", c_float),
    ]


class FaceOutputs(Structure):
    _fields_ = [(name, c_void_p) for name in ("classification", "bbox_regression", "landmarks")]


class FaceImage(Structure):
    _fields_ = [("pixels", c_void_p), ("width", c_int), ("height", c_int), ("row_bytes", c_ssize_t)]


class FaceLetterbox(Structure):
    _fields_ = [("scale_x", c_float), ("scale_y", c_float), ("source_width", c_int), ("source_height", c_int)]


class FaceColumn(Structure):
    _fields_ = [("left", c_int32), ("right", c_int32), ("left_weight", c_int32), ("right_weight", c_int32)]


class FaceCandidate(Structure):
    _fields_ = [("anchor", c_int32), *((name, c_float) for name in ("x1", "y1", "x2", "y2"))]


class Face(Structure):
    _fields_ = [*((name, c_float) for name in ("x1", "y1", "x2", "y2", "score")), ("landmarks", c_float * 2 * 5)]


def face_model(
    image_size,
    anchors: AnchorConfig,
    outputs: dict,
    *,
    mean=(128, 128, 128),
    input_quantization=(1.0, 0),
    score_threshold=0.5,
    iou_threshold=0.4,
) -> FaceModel:
    """The facts of a network; `outputs` are `ffkeras.runtime.output.Output` by their names."""
    height, width = image_size
    levels = (FaceLevel * len(anchors.strides))()
    for level, stride, sizes in zip(levels, anchors.strides, anchors.sizes, strict=True):
        level.stride, level.anchor_sizes = stride, (c_float * len(sizes))(*sizes)
    return FaceModel(
        input_height=height,
        input_width=width,
        mean=(c_float * 3)(*mean),
        input=FaceQuantization(*input_quantization),
        anchor_count=sum(anchors.per_cell * (height // stride) * (width // stride) for stride in anchors.strides),
        level_count=len(anchors.strides),
        anchors_per_cell=anchors.per_cell,
        levels=levels,
        centre_variance=0.1,
        size_variance=0.2,
        class_count=outputs["classification"].values.shape[1] if outputs else 1,
        **{name: FaceQuantization(output.scale, output.zero_point) for name, output in outputs.items()},
        score_threshold=score_threshold,
        iou_threshold=iou_threshold,
    )


class CFaces:
    """The functions of faces.c, compiled as a library."""

    def __init__(self, library):
        self.library = ctypes.CDLL(str(library))

    def letterbox(self, model: FaceModel, image: np.ndarray):
        """The input int8 [H, W, 3] and the FaceLetterbox; `image` may be a view whose rows lie apart."""
        values = np.full((model.input_height, model.input_width, 3), 99, np.int8)
        letterbox = FaceLetterbox()
        height, width = image.shape[:2]
        source = FaceImage(image.ctypes.data, width, height, image.strides[0])
        columns = (FaceColumn * model.input_width)()
        status = self.library.faces_letterbox(
            byref(model), byref(source), columns, values.ctypes.data_as(POINTER(c_int8)), byref(letterbox)
        )
        assert status == 0
        return values, letterbox

    def refuses(self, model: FaceModel, image: FaceImage) -> bool:
        """Whether an image is refused, with nothing written."""
        columns, letterbox, values = (FaceColumn * model.input_width)(), FaceLetterbox(), (c_int8 * 1)(99)
        status = self.library.faces_letterbox(byref(model), byref(image), columns, values, byref(letterbox))
        return status == -1 and values[0] == 99

    def decode(self, model, outputs, letterbox, candidate_limit=5000, face_limit=750) -> list[Face]:
        """The faces."""
        kept = {name: np.ascontiguousarray(output.values) for name, output in outputs.items()}
        pointers = FaceOutputs(*(kept[name].ctypes.data for name, _ in FaceOutputs._fields_))
        candidates, faces = (FaceCandidate * max(candidate_limit, 1))(), (Face * max(face_limit, 1))()
        count = self.library.faces_decode(
            byref(model), byref(pointers), byref(letterbox), candidates, candidate_limit, faces, face_limit
        )
        return list(faces[:count])
