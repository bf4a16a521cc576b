"""How good a detector is: WIDER FACE average precision, recall by face height, landmark error, plots.

Takes a detector and the WIDER FACE validation set, or detections that were written before; gives figures, a table and
a plot. Imports no TensorFlow: only `ffkeras.evaluation.keras_detector`, which is imported by its own name, does.
"""

from ffkeras.evaluation.average_precision import GroundTruth, PrecisionRecall, average_precision, precision_recall
from ffkeras.evaluation.detections import Detections, detect_images, detection_rows, read_detections, write_detections
from ffkeras.evaluation.landmark_error import LandmarkReport, landmark_errors, landmarked_images
from ffkeras.evaluation.recall_by_height import HeightBand, recall_by_height
from ffkeras.evaluation.report import Report, evaluate_labelled, evaluate_widerface
from ffkeras.evaluation.validation_images import choose_sample, find_images, input_scales
from ffkeras.evaluation.widerface_ground_truth import SUBSETS, WiderFaceGroundTruth, read_ground_truth

__all__ = [
    "SUBSETS",
    "Detections",
    "GroundTruth",
    "HeightBand",
    "LandmarkReport",
    "PrecisionRecall",
    "Report",
    "WiderFaceGroundTruth",
    "average_precision",
    "choose_sample",
    "detect_images",
    "detection_rows",
    "evaluate_labelled",
    "evaluate_widerface",
    "find_images",
    "input_scales",
    "landmark_errors",
    "landmarked_images",
    "precision_recall",
    "read_detections",
    "read_ground_truth",
    "recall_by_height",
    "write_detections",
]
