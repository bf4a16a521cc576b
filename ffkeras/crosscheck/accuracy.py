"""Average precision of a file on the preferred runtime, kept by the file's content."""

import os
from pathlib import Path

from ffkeras.crosscheck.result_cache import ResultCache, content_key
from ffkeras.evaluation import (
    choose_sample,
    detect_images,
    evaluate_widerface,
    find_images,
    read_ground_truth,
)
from ffkeras.evaluation.detections import IOU_THRESHOLD, SCORE_THRESHOLD
from ffkeras.runtime import FaceDetector
from ffkeras.runtime.interpreter import preferred_interpreter_class
from ffkeras.runtimes.registry import installed_versions


def measure_accuracy(
    model: Path, data: str | os.PathLike, count: int, result_cache: ResultCache, *, fresh: bool = False
) -> dict:
    """AP by the official protocol on WIDER FACE validation, from the cache where it is there.

    Args:
        model: a .tflite file.
        data: the root of WIDER FACE.
        count: images, evenly spread; 0 takes all, and demands that they are all there.
        result_cache: where results are kept.
        fresh: measure again what it holds.

    Returns:
        {"images": how many, "average_precision": {"easy": ..., "medium": ..., "hard": ...}}, and "kept_from", the
        day of the measurement, where the cache gave it.

    Raises:
        UserError: a file or the data set cannot be used.
    """
    decisive = count, Path(data).resolve(), preferred_interpreter_class().__module__, installed_versions()
    key = content_key("accuracy", model, *decisive)
    kept = None if fresh else result_cache.find(key)
    if kept:
        return kept.value | {"kept_from": kept.date}
    detector = FaceDetector(model, score_threshold=SCORE_THRESHOLD, iou_threshold=IOU_THRESHOLD)
    truth = read_ground_truth(Path(data) / "ground_truth")
    paths = find_images(data, truth.names)
    names = choose_sample(truth.names, paths, str(data), limit=count or None)
    detections, _ = detect_images(detector, {name: paths[name] for name in names})
    report = evaluate_widerface(detections, truth, names, subject=model.name, image_size=detector.image_size)
    result = {"images": len(names), "average_precision": report.to_json()["average_precision"]}
    result_cache.keep(key, result)
    return result
