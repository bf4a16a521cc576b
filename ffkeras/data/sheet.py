"""One picture of many labelled ones, for the eye: wrong labels show at a glance where no rule finds them."""

from collections.abc import Sequence

import cv2
import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.errors import UserError
from ffkeras.images import read_image

COUNT = 30
COLUMNS = 6
CELL = (320, 300)  # width, height in pixels
CAPTION = 22  # pixels of height
BACKGROUND, PAPER, INK = (40, 40, 40), (28, 28, 28), (235, 235, 235)  # BGR
COUNTS, IGNORED = (80, 220, 60), (150, 150, 150)
LANDMARK_COLOURS = ((255, 120, 0), (255, 230, 0), (0, 200, 255), (60, 60, 255), (230, 80, 230))
LONGEST_CAPTION = 40  # characters


def choose(images: Sequence[LabelledImage], count: int = COUNT) -> list[LabelledImage]:
    """So many pictures, evenly spread over a set; those with faces first."""
    with_faces = [image for image in images if len(image.boxes)]
    chosen = _spread(with_faces, count)
    return chosen + _spread([image for image in images if not len(image.boxes)], count - len(chosen))


def _spread(images: Sequence[LabelledImage], count: int) -> list[LabelledImage]:
    if len(images) <= count:
        return list(images)
    return [images[at] for at in np.linspace(0, len(images) - 1, count).round().astype(int)]


def draw_sheet(images: Sequence[LabelledImage]) -> np.ndarray:
    """A sheet of pictures with their boxes, ignored ones in grey, and landmarks, each colour one of the five.

    Args:
        images: what is drawn, row by row; one that cannot be decoded has its place and says so.

    Returns:
        uint8 BGR [H, W, 3].
    """
    rows = max(1, -(-len(images) // COLUMNS))
    columns = min(COLUMNS, max(1, len(images)))
    sheet = np.full((rows * CELL[1], columns * CELL[0], 3), PAPER, np.uint8)
    for number, image in enumerate(images):
        top, left = (number // COLUMNS) * CELL[1], (number % COLUMNS) * CELL[0]
        sheet[top : top + CELL[1], left : left + CELL[0]] = _cell(image)
    return sheet


def _cell(image: LabelledImage) -> np.ndarray:
    width, height = CELL[0] - 4, CELL[1] - CAPTION - 4
    cell = np.full((CELL[1], CELL[0], 3), PAPER, np.uint8)
    view = cell[2 : 2 + height, 2 : 2 + width]
    view[:] = BACKGROUND
    name = image.path.name.encode("ascii", "replace").decode()  # OpenCV has no other letters
    faces = f"{len(image.boxes)} {'face' if len(image.boxes) == 1 else 'faces'}"
    if image.ignore.any():
        faces += f", {int(image.ignore.sum())} ignored"
    try:
        _draw(view, read_image(image.path), image)
    except UserError:
        faces = "cannot be read"
    caption = f"{name[-LONGEST_CAPTION:]}: {faces}"
    cv2.putText(cell, caption, (4, CELL[1] - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.38, INK, 1, cv2.LINE_AA)
    return cell


def _draw(view: np.ndarray, picture: np.ndarray, image: LabelledImage) -> None:
    scale = min(view.shape[1] / picture.shape[1], view.shape[0] / picture.shape[0])
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    place = view[: size[1], : size[0]]
    place[:] = cv2.resize(picture, size, interpolation=kind)
    for box, ignored in zip(image.boxes, image.ignore, strict=True):
        first, second = (_pixel(point * scale) for point in (box[:2], box[2:]))
        cv2.rectangle(view, first, second, IGNORED if ignored else COUNTS, 1)
    for points in image.landmarks[image.has_landmarks]:
        for point, colour in zip(points, LANDMARK_COLOURS, strict=True):
            cv2.circle(view, _pixel(point * scale), 2, colour, cv2.FILLED, cv2.LINE_AA)


def _pixel(point: np.ndarray) -> tuple[int, int]:
    x, y = np.clip(np.round(point), -32768, 32767)
    return int(x), int(y)
