"""The data set that needs no download: drawn people in drawn scenes, with exact boxes and landmarks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ffkeras.data.drawing.chart import CHIN
from ffkeras.data.drawing.look import Pose, random_look, random_pose
from ffkeras.data.drawing.person import PATCH_TOP, draw_person, stock_person
from ffkeras.data.drawing.scene import degrade, draw_background, draw_occluder
from ffkeras.data.labels import LabelledImage
from ffkeras.errors import UserError

SMALLEST_FACE = 8.0  # pixels from hairline to chin
LARGEST_SHARE = 0.7  # of the image's shorter side
SMALLEST_IMAGE = 64
MOST_FACES = 8
HIDDEN_SHARE = 0.2  # of a face that a nearer person may hide
SHARPEST = 120.0  # pixels for each face height at which people are drawn at most; larger faces are enlarged
STOCK_HEIGHT = 64.0  # pixels; faces up to it come from a stock of people drawn once, larger ones are drawn anew
STOCK = 300
NO_BODY_SHARE = 0.1
OCCLUDED_SHARE = 0.12
PLACING_TRIES = 12


@dataclass
class _Place:
    """Where a person stands: height of the face and its middle, pixels."""

    height: float
    x: float
    y: float
    back_turned: bool

    def face(self) -> tuple[float, float, float, float]:
        return self._zone(0.42, -0.55, 0.55)

    def body(self) -> tuple[float, float, float, float]:
        return self._zone(1.05, 0.55, 2.6)

    def _zone(self, half: float, top: float, bottom: float) -> tuple[float, float, float, float]:
        h = self.height
        return self.x - half * h, self.y + top * h, self.x + half * h, self.y + bottom * h


class SyntheticFaces:
    """A sequence of drawn images with 0 to 8 faces each; every image depends on (seed, index, image_size) alone.

    Args:
        count: number of images.
        seed: another seed gives other images.
        image_size: (height, width) in pixels, at least 64.

    Raises:
        UserError: count under 1, or an image size too small for a face.
    """

    def __init__(self, count: int, seed: int = 0, image_size: tuple[int, int] = (320, 320)):
        if count < 1:
            raise UserError(f"{count} synthetic images were asked for; ask for at least 1.")
        if min(image_size) < SMALLEST_IMAGE:
            raise UserError(f"synthetic images of {image_size[0]}x{image_size[1]} are too small; use at least 64x64.")
        self.count, self.seed, self.image_size = count, seed, tuple(image_size)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[np.ndarray, LabelledImage]]:
        return (self.load(index) for index in range(self.count))

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """Draw image `index`.

        Returns:
            image: uint8 BGR [H, W, 3].
            labels: its faces, boxes from hairline to chin cut off at the image's edge, all five landmarks inside them;
                `path` is a name only, no file.

        Raises:
            IndexError: no such image.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"there is no synthetic image {index} of {self.count}")
        rng = np.random.default_rng((self.seed, index))
        places = _arrange(rng, self.image_size)
        image = draw_background(rng, self.image_size)
        sun = random_pose(rng)
        boxes, landmarks = [], []
        for place in places:
            box, points = _paste_person(image, place, sun, self.seed * STOCK, rng)
            if not place.back_turned:
                boxes.append(box)
                landmarks.append(points)
        for box in boxes:
            if rng.random() < OCCLUDED_SHARE:
                draw_occluder(image, box, rng)
        image = degrade(image, min((place.height for place in places), default=100.0), rng)
        labels = LabelledImage(
            path=Path(f"synthetic/{index:06d}.png"),
            boxes=np.asarray(boxes, np.float32).reshape(-1, 4),
            landmarks=np.asarray(landmarks, np.float32).reshape(-1, 5, 2),
            has_landmarks=np.ones(len(boxes), bool),
            ignore=np.zeros(len(boxes), bool),
        )
        return image, labels


def _arrange(rng: np.random.Generator, image_size: tuple[int, int]) -> list[_Place]:
    """Choose who stands where, the farthest (smallest) first; nobody hides much of another's face."""
    heights = _heights(rng, min(image_size))
    places: list[_Place] = []
    for height in heights:
        back_turned = bool(rng.random() < 0.12)
        for _ in range(PLACING_TRIES):
            x, y = (rng.uniform(0.42 * height, side - 0.42 * height) for side in image_size[::-1])
            place = _Place(height, x, y, back_turned)
            if all(_hidden(*sorted((place, other), key=lambda p: p.height)) <= HIDDEN_SHARE for other in places):
                places.append(place)
                break
    return sorted(places, key=lambda place: place.height)


def _heights(rng: np.random.Generator, side: int) -> list[float]:
    """Heights of an image's faces: no one, a portrait, a group or a crowd."""
    largest = LARGEST_SHARE * side
    scene = rng.choice(["empty", "portrait", "group", "crowd"], p=[0.07, 0.23, 0.4, 0.3])
    if scene == "empty":
        return []
    if scene == "portrait":
        return [rng.uniform(0.25 * side, largest)]
    if scene == "group":
        count, limits = rng.integers(2, 5), (0.06 * side, 0.35 * side)
        heights = np.exp(rng.uniform(*np.log(limits), count))
    else:
        typical = np.exp(rng.uniform(np.log(SMALLEST_FACE), np.log(0.18 * side)))
        heights = typical * rng.uniform(0.75, 1.5, rng.integers(4, MOST_FACES + 1))
    return sorted(np.clip(heights, SMALLEST_FACE, largest).tolist(), reverse=True)


def _hidden(far: _Place, near: _Place) -> float:
    """Share of the far person's face behind the near one."""
    x1, y1, x2, y2 = far.face()
    shares = []
    for left, top, right, bottom in (near.face(), near.body()):
        overlap = max(0.0, min(x2, right) - max(x1, left)) * max(0.0, min(y2, bottom) - max(y1, top))
        shares.append(overlap / ((x2 - x1) * (y2 - y1)))
    return sum(shares)


def _paste_person(
    image: np.ndarray, place: _Place, sun: Pose, first_of_stock: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a person into the scene, in place; returns the face's box [4] and landmarks [5, 2], pixels."""
    if place.height <= STOCK_HEIGHT:
        detail = STOCK_HEIGHT
        person = stock_person(first_of_stock + int(rng.integers(STOCK)), place.back_turned, detail)
    else:
        detail = min(place.height, SHARPEST)
        pose = random_pose(rng)
        pose.light, pose.ambient, pose.back_turned = sun.light, sun.ambient, place.back_turned
        person = draw_person(random_look(rng), pose, detail, rng)
    roll, scale = np.radians(np.clip(rng.normal(0, 14), -60, 60)), place.height / detail
    turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    outline, points = person.outline @ turn.T, person.landmarks @ turn.T
    shift = _shift(outline, points, place, image.shape[1::-1])
    patch = person.image
    if rng.random() < NO_BODY_SHARE:
        patch = _without_body(patch, detail)
    _composite(image, patch, np.column_stack([turn, shift]), scale)
    outline, points = outline + shift, points + shift
    limit = np.array(image.shape[1::-1], float)
    box = np.concatenate([np.clip(outline.min(0), 0, limit), np.clip(outline.max(0), 0, limit)])
    return box, points


def _shift(outline: np.ndarray, points: np.ndarray, place: _Place, size: tuple[int, int]) -> np.ndarray:
    """Where to move a turned face: its middle to the place, but no landmark out of the image, and little of the box."""
    low, high = outline.min(0), outline.max(0)
    wanted = np.array([place.x, place.y]) - (low + high) / 2
    slack = 0.1 * place.height
    least = np.maximum(-points.min(0), -low - slack)
    most = np.minimum(np.array(size) - 1 - points.max(0), np.array(size) - 1 - high + slack)
    return np.clip(wanted, least, most)


def _without_body(patch: np.ndarray, detail: float) -> np.ndarray:
    """The head alone, for a face over whatever stands there."""
    rows = (np.arange(patch.shape[0]) + 0.5) / detail + PATCH_TOP
    fade = np.clip((CHIN + 0.1 - rows) / 0.08, 0, 1)
    return (patch * fade[:, None, None]).astype(np.uint8)


def _composite(image: np.ndarray, patch: np.ndarray, matrix: np.ndarray, scale: float) -> None:
    """Lay a person over the scene, in place; the body goes on below the patch.

    A patch that shrinks much is averaged first, or it would alias.
    """
    if scale < 0.7:
        size = [max(2, round(side * scale)) for side in patch.shape[1::-1]]
        ratio = np.array(patch.shape[1::-1]) / size
        patch = cv2.resize(patch, size, interpolation=cv2.INTER_AREA)
        matrix = np.column_stack([matrix[:, :2] * ratio, matrix[:, 2] + matrix[:, :2] @ (0.5 * ratio - 0.5)])
    patch = cv2.copyMakeBorder(patch, 0, patch.shape[0] // 2, 0, 0, cv2.BORDER_REPLICATE)
    rows, columns = patch.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]]) @ matrix[:, :2].T + matrix[:, 2]
    left, top = np.clip(np.floor(corners.min(0)).astype(int), 0, image.shape[1::-1])
    right, bottom = np.clip(np.ceil(corners.max(0)).astype(int) + 1, 0, image.shape[1::-1])
    matrix = matrix - np.array([[0, 0, left], [0, 0, top]])
    layer = cv2.warpAffine(patch, matrix, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    region = image[top:bottom, left:right]
    behind = cv2.multiply(region, cv2.cvtColor(255 - layer[..., 3], cv2.COLOR_GRAY2BGR), scale=1 / 255)
    cv2.add(behind, np.ascontiguousarray(layer[..., :3]), dst=behind)
    region[:] = behind
