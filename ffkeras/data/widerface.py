"""WIDER FACE (Yang et al. 2016) in its official layout, with RetinaFace's landmarks joined to the official boxes."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.data.labels import (
    LabelEntry,
    LabelledImage,
    corner_boxes,
    parse_label_file,
    parse_numbers,
    read_lines,
    without_area,
)
from ffkeras.errors import UserError
from ffkeras.files import is_file
from ffkeras.geometry import iou_matrix

FACE_NUMBERS = 10  # x y w h blur expression illumination invalid occlusion pose
INVALID_COLUMN = 7
SAME_FACE_IOU = 0.5  # the overlap at which the official protocol calls two boxes one face

logger = logging.getLogger(__name__)


@dataclass
class OfficialEntry:
    """What the official box file says of one image: its name, float32 corner boxes [N, 4], and invalid bool [N]."""

    name: str
    boxes: np.ndarray
    invalid: np.ndarray


def _parse_faces(path: Path, lines: list[str], first: int, count: int) -> np.ndarray:
    """The `count` face lines from index `first` on, as float64 [count, 10]."""
    faces = np.zeros((count, FACE_NUMBERS))
    for row in range(count):
        number = first + row
        numbers = parse_numbers(lines[number], (FACE_NUMBERS,))
        if numbers is None:
            raise UserError(
                f"{path}, line {number + 1}: not a face of {FACE_NUMBERS} numbers in pixels; download the file again."
            )
        faces[row] = numbers
    return faces


def parse_official_file(path: Path) -> list[OfficialEntry]:
    """Read a wider_face_*_bbx_gt.txt: an image, the number of its faces, and a line of ten numbers for each.

    An image of 0 faces has one line of zeros all the same.

    Raises:
        UserError: unreadable, or a malformed line (named by number).
    """
    lines = read_lines(path)
    while lines and not lines[-1]:
        lines.pop()
    entries = []
    at = 0
    while at < len(lines):
        count = lines[at + 1] if at + 1 < len(lines) else ""
        if not (count.isascii() and count.isdigit()):
            raise UserError(f"{path}, line {at + 2}: {count[:60]!r} is not a number of faces; download the file again.")
        left = len(lines) - at - 2
        if float(count) > left:  # int() has a limit of digits
            raise UserError(
                f"{path}, line {at + 2}: {count[:60]} faces, where {left} lines follow; download the file again."
            )
        faces = _parse_faces(path, lines, at + 2, int(count))
        entries.append(OfficialEntry(lines[at], corner_boxes(faces[:, :4]), faces[:, INVALID_COLUMN] > 0))
        at += 2 + len(faces)
        if not len(faces) and at < len(lines) and parse_numbers(lines[at], (FACE_NUMBERS,)) is not None:
            at += 1
    return entries


def join_landmarks(boxes: np.ndarray, entry: LabelEntry | None) -> tuple[np.ndarray, np.ndarray]:
    """Give each face that has landmarks in `entry` to the official box that it overlaps best, at IoU >= 0.5.

    Args:
        boxes: official boxes, corners [N, 4] in pixels.
        entry: the same image in RetinaFace's file, if it is there.

    Returns:
        landmarks float32 [N, 5, 2] in pixels, 0 where unknown, and has_landmarks bool [N].
    """
    landmarks = np.zeros((len(boxes), 5, 2), np.float32)
    has_landmarks = np.zeros(len(boxes), bool)
    if entry is None or not entry.has_landmarks.any() or not len(boxes):
        return landmarks, has_landmarks
    overlap = iou_matrix(entry.boxes[entry.has_landmarks], boxes)  # [M, N]
    points = entry.landmarks[entry.has_landmarks]
    best = overlap.max(axis=1)
    for face in np.argsort(best, kind="stable"):  # two faces at one box: the better one is written last
        if best[face] >= SAME_FACE_IOU:
            box = overlap[face].argmax()
            landmarks[box], has_landmarks[box] = points[face], True
    return landmarks, has_landmarks


def read_widerface(root: str | Path, split: str = "train") -> list[LabelledImage]:
    """Read the images of WIDER FACE that are present, with every official box.

    Faces flagged invalid or of no area are `ignore`. Entries whose image is absent are left out and counted in the
    log, because a part of the data set is a legitimate data set. Landmarks come from
    `retinaface_gt/<split>/label.txt` where that file is present.

    Args:
        root: the folder with `WIDER_<split>/images` and `wider_face_split`.
        split: "train" or "val".

    Raises:
        UserError: a file is missing or malformed, or none of the images is there.
    """
    root = Path(root)
    folder = root / f"WIDER_{split}" / "images"
    official = root / "wider_face_split" / f"wider_face_{split}_bbx_gt.txt"
    label_file = root / "retinaface_gt" / split / "label.txt"
    listed = parse_official_file(official)
    marked = {entry.name: entry for entry in parse_label_file(label_file)} if label_file.is_file() else {}
    images = []
    for entry in listed:
        path = folder / entry.name
        if is_file(path):
            landmarks, has_landmarks = join_landmarks(entry.boxes, marked.get(entry.name))
            ignore = entry.invalid | without_area(entry.boxes)
            images.append(LabelledImage(path, entry.boxes, landmarks, has_landmarks, ignore))
    if not images:
        raise UserError(f"none of the {len(listed)} images of {official} is in {folder}; unpack WIDER_{split} there.")
    logger.info("%s: %d of %d images are present", official, len(images), len(listed))
    return images
