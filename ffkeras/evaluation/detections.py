"""Running a detector over image files, and keeping what it found."""

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ffkeras.errors import UserError
from ffkeras.files import read_json, write_text
from ffkeras.images import read_image
from ffkeras.runtime.detection import Face

Detections = dict[str, np.ndarray]  # image name -> float64 [K, 5] (x, y, w, h, score), source pixels, best first

SCORE_THRESHOLD = 0.02  # low, so that the curve reaches its full recall, and
IOU_THRESHOLD = 0.4  # of the suppression: RetinaFace's evaluation on WIDER FACE (Deng et al. 2020)
BOX_DECIMALS = 2  # written and evaluated with the same digits, so that both give the same figures
SCORE_DECIMALS = 6


class Detector(Protocol):
    """Anything that finds faces in an image."""

    def detect(self, image: np.ndarray) -> list[Face]:
        """Faces in a uint8 BGR image [H, W, 3], best first, in its pixels."""


def detect_images(
    detector: Detector, images: Mapping[str, Path], grey: bool = False, bad: dict[str, str] | None = None
) -> tuple[Detections, float]:
    """Run `detector` over image files, with a progress bar on standard error.

    Args:
        detector: finds faces in one image.
        images: name -> file.
        grey: take the colours off each picture first.
        bad: takes a sentence for the name of each file that is no image, in which then nothing is found.

    Returns:
        The detections, and images per second of the detector alone (letterbox, network, decoding; no file reading).

    Raises:
        UserError: a file is not an image, and there is no `bad`.
    """
    detections: Detections = {}
    seconds = 0.0
    for name, path in with_progress(images.items(), len(images)):
        try:
            image = read_image(path)
        except UserError as error:
            if bad is None:
                raise
            bad[name], detections[name] = str(error), np.zeros((0, 5))
            continue
        if grey:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        start = time.perf_counter()
        faces = detector.detect(image)
        seconds += time.perf_counter() - start
        detections[name] = detection_rows(faces)
    return detections, len(images) / max(seconds, 1e-9)


def detection_rows(faces: list[Face]) -> np.ndarray:
    """Faces as float64 [K, 5] (x, y, w, h, score), in their order, rounded to the digits that are written."""
    rows = np.array([[*face.box[:2], *(face.box[2:] - face.box[:2]), face.score] for face in faces], np.float64)
    rows = rows.reshape(-1, 5)
    rows[:, :4] = rows[:, :4].round(BOX_DECIMALS)
    rows[:, 4] = rows[:, 4].round(SCORE_DECIMALS)
    return rows


def write_detections(path: str | os.PathLike, detections: Mapping[str, np.ndarray]) -> None:
    """Write {"<event>/<name>.jpg": [[x, y, w, h, score], ...]} as JSON, one image a line, whole or not at all.

    Raises:
        UserError: the file cannot be written.
    """
    lines = (f"{json.dumps(name)}: {json.dumps(rows.tolist())}" for name, rows in detections.items())
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read_detections(path: str | os.PathLike) -> Detections:
    """Read what `write_detections` writes; rows may be in any order.

    Raises:
        UserError: missing, not JSON, or a value that is not a list of [x, y, w, h, score].
    """
    return {name: _check_rows(rows, name, path) for name, rows in read_json(path).items()}


def with_progress(items: Iterable, count: int) -> Iterable:
    """The same items, with a progress bar on standard error that counts them up to `count`."""
    columns = (
        TextColumn("detecting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield from progress.track(items, total=count)


def _check_rows(rows: object, name: str, path: str | os.PathLike) -> np.ndarray:
    """`rows` as float64 [K, 5]."""
    if rows == []:
        return np.zeros((0, 5))
    try:
        values = np.array(rows)
    except ValueError:  # rows of different lengths
        values = np.array(None)
    is_table = values.dtype.kind in "iuf" and values.ndim == 2 and values.shape[1] == 5
    if not is_table or not np.isfinite(values).all() or (values[:, 2:4] < 0).any():
        raise UserError(f"{path}: {name!r} should be a list of [x, y, w, h, score] in pixels; write the file again.")
    return values.astype(np.float64)
