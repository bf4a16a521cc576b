"""Faces from a photograph and one .tflite file: interpreter, decoding, detector, drawing.

Needs numpy, OpenCV and one TFLite interpreter (ai_edge_litert, tflite_runtime or TensorFlow); never TensorFlow itself.
"""

from ffkeras.runtime.decode import decode_faces, softmax
from ffkeras.runtime.detection import Face

__all__ = ["Face", "decode_faces", "softmax"]
