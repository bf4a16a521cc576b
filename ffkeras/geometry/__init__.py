"""Anchors, box and landmark codes, letterbox, similarity, IoU, NMS: one truth for training and deployment, in numpy."""

from ffkeras.geometry.anchors import AnchorConfig, make_anchors
from ffkeras.geometry.boxes import iou_matrix, nms
from ffkeras.geometry.codes import decode_boxes, decode_landmarks, encode_boxes, encode_landmarks
from ffkeras.geometry.letterbox import Letterbox, letterbox
from ffkeras.geometry.similarity import similarity

__all__ = [
    "AnchorConfig",
    "Letterbox",
    "decode_boxes",
    "decode_landmarks",
    "encode_boxes",
    "encode_landmarks",
    "iou_matrix",
    "letterbox",
    "make_anchors",
    "nms",
    "similarity",
]
