"""A data set looked over before anything is learned from it: headers of the pictures and all labels, nothing decoded.

What is certainly wrong is left out or ignored and told; what makes all labels doubtful stops everything.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ffkeras.data.findings import Effect, Finding, Problem
from ffkeras.data.formats import DataSet, Numbers
from ffkeras.data.labels import LabelledImage, without_area
from ffkeras.errors import UserError
from ffkeras.files import read_bytes
from ffkeras.image_header import HeaderError, end_is_missing, read_header
from ffkeras.images import LARGEST_FILE, check_size

LARGEST_SHARE = 1.5  # up to it all numbers of a box are shares of the picture
LEAST_INSIDE = 0.5  # of a box's area; below it the box is mostly outside of the picture
FAR = 0.5  # of a box's longer side, by which a landmark may lie outside of it: of profiles some do
MOST = 0.5  # of a set's faces; above it a mistake is that of the whole set
CORNERS_SHARE = 0.98  # of the boxes whose third and fourth number lie beyond the first two, as those of x2 y2 do
FACE_RATIO = 0.8  # width / height, of most faces; boxes of faces are seldom twice as wide or as narrow
HEIGHT_EDGES = (0, 16, 32, 96, float("inf"))  # of faces in pixels of the picture brought to INPUT
INPUT = 640  # pixels of the longer side, the network's input that most released files have

Progress = Callable[[Sequence], Iterable]


@dataclass(frozen=True)
class CheckedSet:
    """A data set after the check.

    Args:
        folder: where it is.
        format: what was recognised, in words.
        images: those that can be used, with `ignore` and `has_landmarks` as the findings say.
        sizes: (width, height) of each of `images`, upright.
        findings: all that was found.
    """

    folder: Path
    format: str
    images: list[LabelledImage]
    sizes: list[tuple[int, int]]
    findings: list[Finding]

    @property
    def stops(self) -> bool:
        """Whether a finding makes all labels doubtful."""
        return any(finding.problem.effect == Effect.STOP for finding in self.findings)

    def summary(self) -> str:
        """One line: what it is, how many pictures of which parts, how many faces."""
        splits = {}
        for image in self.images:
            splits[image.split] = splits.get(image.split, 0) + 1
        parts = ", ".join(f"{count:,} {split}" for split, count in splits.items() if split)
        faces = sum(int((~image.ignore).sum()) for image in self.images)
        points = sum(int((image.has_landmarks & ~image.ignore).sum()) for image in self.images)
        return (
            f"{self.folder}: {self.format}, {len(self.images):,} pictures{f' ({parts})' if parts else ''}, "
            f"{faces:,} faces, {points:,} of them with landmarks"
        )

    def heights(self) -> np.ndarray:
        """Heights of the faces that count, in pixels of their picture brought to INPUT, float64 [N]."""
        found = [
            (image.boxes[~image.ignore, 3] - image.boxes[~image.ignore, 1]).astype(np.float64) * INPUT / max(size)
            for image, size in zip(self.images, self.sizes, strict=True)
        ]
        return np.concatenate(found) if found else np.zeros(0)


def check_set(data: DataSet, progress: Progress = iter) -> CheckedSet:
    """Look over a data set.

    Args:
        data: as it was read.
        progress: passes a sequence through and shows how far it is.
    """
    findings = list(data.findings)
    images, sizes = [], []
    for image in progress(data.images):
        size, finding = _look(image, data.folder)
        if finding:
            findings.append(finding)
        else:
            images.append(image)
            sizes.append(size)
    findings += _wrong_units(data, images, sizes)
    if not any(finding.problem.effect == Effect.STOP for finding in findings):
        images = _exchanged(data, images, findings)
        images = [_check_faces(image, size, data.folder, findings) for image, size in zip(images, sizes, strict=True)]
        if not any((~image.ignore).any() for image in images):
            findings.append(Finding(Problem.NO_FACES, str(data.folder), f"{len(images):,} pictures can be used"))
    return CheckedSet(data.folder, data.format, images, sizes, findings)


def _look(image: LabelledImage, folder: Path) -> tuple[tuple[int, int], Finding | None]:
    """The upright (width, height) of a picture, and why it cannot be used; only its header is read."""
    name = _name(image, folder)
    try:
        data = read_bytes(image.path, LARGEST_FILE)
        header = read_header(data)
        if header is None:
            raise HeaderError("it is no picture")
        check_size(header, name)
    except (UserError, HeaderError) as error:
        return (0, 0), Finding(Problem.UNREADABLE, name, str(error).removeprefix(name).strip().rstrip("."))
    if end_is_missing(data, header.kind):
        return (0, 0), Finding(Problem.TRUNCATED, name)
    size = header.upright_size
    if image.size not in (None, size):
        turned = " (it is turned by its EXIF orientation)" if image.size == size[::-1] else ""
        detail = f"{'x'.join(map(str, image.size))} in the labels, {'x'.join(map(str, size))} as it is{turned}"
        return size, Finding(Problem.OTHER_SIZE, name, detail)
    return size, None


def _name(image: LabelledImage, folder: Path) -> str:
    path = image.path
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _wrong_units(data: DataSet, images: list[LabelledImage], sizes: list[tuple[int, int]]) -> list[Finding]:
    """Mistakes that all labels of a set share."""
    if data.numbers == Numbers.CHECKED or not any(len(image.boxes) for image in images):
        return []
    boxes = np.concatenate([image.boxes for image in images]).astype(np.float64)
    whole = np.concatenate([np.tile(size, (len(image.boxes), 1)) for image, size in zip(images, sizes, strict=True)])
    first = next(image for image in images if len(image.boxes))
    place, corners = _name(first, data.folder), data.numbers == Numbers.CORNERS

    def finding(problem: Problem) -> list[Finding]:
        x1, y1, x2, y2 = first.boxes[0].tolist()
        numbers = (x1, y1, x2, y2) if corners else (x1, y1, x2 - x1, y2 - y1)
        return [Finding(problem, place, " ".join(f"{number:g}" for number in numbers))]

    if np.abs(boxes).max() <= LARGEST_SHARE:
        return finding(Problem.NOT_PIXELS)
    extents = boxes[:, 2:] - boxes[:, :2]
    if corners:
        return finding(Problem.SIZES) if np.mean((extents < 0).any(axis=1)) > MOST else []
    if _look_like_corners(boxes[:, :2], extents, whole):
        return finding(Problem.CORNERS)
    points = [image.landmarks[image.has_landmarks] for image in images if image.has_landmarks.any()]
    if points:
        points = np.concatenate(points)
        small = (np.abs(points).max(axis=(1, 2)) <= LARGEST_SHARE) & (points != 0).any(axis=(1, 2))
        if small.mean() > MOST:
            return [Finding(Problem.LANDMARKS_NOT_PIXELS, place)]
    return []


def _look_like_corners(start: np.ndarray, extent: np.ndarray, whole: np.ndarray) -> bool:
    """Whether x y w h [N, 4] of pictures [N, 2] make better faces as x1 y1 x2 y2.

    All third and fourth numbers lie beyond the first two and inside the picture, and either boxes leave their picture
    as they stand, or only as corners they have the shape of faces.
    """
    if np.mean(((extent > start) & (extent <= whole + 1)).all(axis=1)) < CORNERS_SHARE or not (start > 0).any():
        return False
    outside = (start + extent > whole * 1.02).any(axis=1).mean()
    as_sizes, as_corners = (_odd_shape(sides) for sides in (extent, extent - start))
    return outside > 0.2 or (as_sizes > 0.3 and as_corners < as_sizes / 2)


def _odd_shape(sides: np.ndarray) -> float:
    """How far the shapes of boxes (w, h) [N, 2] are from that of a face: the median of |log ratio|."""
    sides = np.maximum(sides, 1e-6)
    return float(np.median(np.abs(np.log(sides[:, 0] / sides[:, 1] / FACE_RATIO))))


def _exchanged(data: DataSet, images: list[LabelledImage], findings: list[Finding]) -> list[LabelledImage]:
    """With left and right landmarks exchanged where most of the set's are from the person's side."""
    marked = [image.landmarks[image.has_landmarks] for image in images if image.has_landmarks.any()]
    if not marked:
        return images
    points = np.concatenate(marked).astype(np.float64)
    eyes = points[:, 1] - points[:, 0]
    down = points[:, 3:].mean(axis=1) - points[:, :2].mean(axis=1)
    turn = eyes[:, 0] * down[:, 1] - eyes[:, 1] * down[:, 0]  # above zero where the first eye is the left one as seen
    if np.mean(turn < 0) <= MOST:
        return images
    findings.append(Finding(Problem.MIRRORED, str(data.folder), f"{int((turn < 0).sum()):,} of {len(turn):,} faces"))
    return [replace(image, landmarks=image.landmarks[:, [1, 0, 2, 4, 3]]) for image in images]


def _check_faces(image: LabelledImage, size: tuple[int, int], folder: Path, findings: list[Finding]) -> LabelledImage:
    """The picture with faces that cannot be right ignored, and landmarks that cannot be right left out."""
    if not len(image.boxes):
        return image
    boxes, points, has = image.boxes.astype(np.float64), image.landmarks.astype(np.float64), image.has_landmarks
    empty = without_area(image.boxes)
    inside = np.clip(boxes.reshape(-1, 2, 2), 0, np.array(size, np.float64))
    area = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1)
    share = (inside[:, 1] - inside[:, 0]).clip(0).prod(axis=1) / np.maximum(area, 1e-9)
    outside = ~empty & (share < LEAST_INSIDE)
    zero = has & ~points.any(axis=(1, 2))
    reach = FAR * (boxes[:, 2:] - boxes[:, :2]).max(axis=1)[:, None, None]
    beyond = (points < boxes[:, None, :2] - reach) | (points > boxes[:, None, 2:] + reach)
    far = has & ~zero & ~empty & beyond.any(axis=(1, 2))
    for problem, wrong in (
        (Problem.NO_AREA, empty),
        (Problem.OUTSIDE, outside & ~image.ignore),
        (Problem.LANDMARKS_ZERO, zero),
        (Problem.LANDMARKS_FAR, far),
    ):
        for face in np.flatnonzero(wrong):
            detail = " ".join(f"{number:g}" for number in boxes[face].round(1))
            findings.append(Finding(problem, f"{_name(image, folder)}, face {face + 1}", f"corners {detail}"))
    keep = has & ~zero & ~far
    return replace(
        image,
        ignore=image.ignore | empty | outside,
        has_landmarks=keep,
        landmarks=image.landmarks * keep[:, None, None],
    )


def band_counts(heights: np.ndarray) -> list[tuple[str, int]]:
    """How many heights lie in each band of HEIGHT_EDGES, with its name such as "16-32 px"."""
    counts = np.histogram(heights, HEIGHT_EDGES)[0].tolist()
    labels = [
        f"< {HEIGHT_EDGES[1]} px",
        *(f"{a}-{b} px" for a, b in zip(HEIGHT_EDGES[1:-2], HEIGHT_EDGES[2:-1], strict=True)),
    ]
    return list(zip([*labels, f"> {HEIGHT_EDGES[-2]} px"], counts, strict=True))
