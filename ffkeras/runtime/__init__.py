"""Faces from a photograph and one .tflite file: interpreter, decoding, detector, drawing.

Needs numpy, OpenCV and one TFLite interpreter (ai_edge_litert, tflite_runtime or TensorFlow); never TensorFlow itself.
"""

from ffkeras.runtime.align import align
from ffkeras.runtime.blur import blur_faces
from ffkeras.runtime.decode import decode_faces
from ffkeras.runtime.detection import Face
from ffkeras.runtime.detector import FaceDetector
from ffkeras.runtime.draw import draw_faces
from ffkeras.runtime.interpreter import Interpreter
from ffkeras.runtime.metadata import Metadata, read_metadata
from ffkeras.runtime.model_file import read_model
from ffkeras.runtime.released import DEFAULT_MODEL, released_models

__all__ = [
    "DEFAULT_MODEL",
    "Face",
    "FaceDetector",
    "Interpreter",
    "Metadata",
    "align",
    "blur_faces",
    "decode_faces",
    "draw_faces",
    "read_metadata",
    "read_model",
    "released_models",
]
