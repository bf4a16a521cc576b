"""Labelled images, and RetinaFace's label.txt (Deng et al. 2020) in which boxes and landmarks are listed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.data.findings import Finding, Problem
from ffkeras.errors import UserError
from ffkeras.files import is_file, read_bytes

BOX_NUMBERS = 4  # x y w h
LANDMARK_NUMBERS = 15  # x y flag, five times
LINE_LENGTHS = (BOX_NUMBERS, BOX_NUMBERS + LANDMARK_NUMBERS, BOX_NUMBERS + LANDMARK_NUMBERS + 1)  # ... and a blur score
LARGEST_NUMBER = 2.0**24  # in pixels, far outside of any image
LARGEST_FILE = 1_000_000_000  # bytes; WIDER FACE's has 15 million
NO_LANDMARK = -1.0  # stands as flag, or as coordinate, of a landmark that nobody marked


@dataclass
class LabelledImage:
    """An image file and its faces, in pixels of the image.

    Args:
        path: the image file.
        boxes: float32 [N, 4], corners (x1, y1, x2, y2).
        landmarks: float32 [N, 5, 2]: left eye, right eye, nose, left and right mouth corner, as seen in the image;
            0 where unknown.
        has_landmarks: bool [N].
        ignore: bool [N], faces that are neither faces nor background to the loss.
        source: name of the data set that it is of; empty where there is but one.
        split: the part of it, "train", "val" or "test"; empty where it has none.
        size: (width, height) that the labels were made for; None where they do not say.
    """

    path: Path
    boxes: np.ndarray
    landmarks: np.ndarray
    has_landmarks: np.ndarray
    ignore: np.ndarray
    source: str = ""
    split: str = ""
    size: tuple[int, int] | None = None


@dataclass
class LabelEntry:
    """What a label file says of one image.

    Args:
        name: the image's path as written in the file.
        line: number of the line that names it, from 1.
        boxes, landmarks, has_landmarks: as in `LabelledImage`.
    """

    name: str
    line: int
    boxes: np.ndarray
    landmarks: np.ndarray
    has_landmarks: np.ndarray


def corner_boxes(boxes: np.ndarray) -> np.ndarray:
    """Boxes (x, y, w, h) [N, 4] as corners (x1, y1, x2, y2), float32 [N, 4]."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1).astype(np.float32)


def without_area(boxes: np.ndarray) -> np.ndarray:
    """Which corner boxes [N, 4] have no width or no height: bool [N]."""
    return (boxes[:, 2:] <= boxes[:, :2]).any(axis=1)


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, without surrounding blanks. Raises UserError where it is missing or no text."""
    try:
        return [line.strip() for line in read_bytes(path, LARGEST_FILE).decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a text file; name a label file.") from error


def parse_numbers(line: str, lengths: tuple[int, ...]) -> list[float] | None:
    """The numbers of a line, or None where there is anything else or the count is not in `lengths`.

    None too where a number is not finite or so large that float32, in which it is kept, has no single pixels left.
    """
    if not line.isascii() or "_" in line:  # which Python's float() takes
        return None
    try:
        numbers = [float(part) for part in line.split()]
    except ValueError:
        return None
    return numbers if len(numbers) in lengths and all(abs(number) <= LARGEST_NUMBER for number in numbers) else None


def _entry(name: str, line: int, faces: list[list[float]]) -> LabelEntry:
    """Turn the numbers of an image's face lines into arrays."""
    full = np.full((len(faces), LINE_LENGTHS[-1]), NO_LANDMARK, np.float32)
    for row, numbers in zip(full, faces, strict=True):
        row[: len(numbers)] = numbers
    points = full[:, BOX_NUMBERS : BOX_NUMBERS + LANDMARK_NUMBERS].reshape(-1, 5, 3)
    unmarked = (points[:, :, 2] == NO_LANDMARK) | (points[:, :, :2] == NO_LANDMARK).all(axis=2)  # [N, 5]
    has_landmarks = ~unmarked.any(axis=1)
    landmarks = points[:, :, :2] * has_landmarks[:, None, None]
    return LabelEntry(name, line, corner_boxes(full[:, :BOX_NUMBERS]), landmarks, has_landmarks)


def parse_label_file(path: Path, findings: list[Finding] | None = None) -> list[LabelEntry]:
    """Read a label.txt without looking for its images.

    A line `# relative/image.jpg` names an image; every line below it is a face: `x y w h`, or these and five times
    `x y flag`, or these and a blur score, which is not used. A face has landmarks only if all five are marked.

    Args:
        path: the file.
        findings: takes malformed lines, which are left out; without it the first of them is raised.

    Raises:
        UserError: unreadable, a malformed line (named by number), or no image at all.
    """

    def bad(number: int, reason: str) -> None:
        if findings is None:
            raise UserError(f"{path}, line {number}: {reason}.")
        findings.append(Finding(Problem.MALFORMED, f"{path.name}, line {number}", reason))

    entries: list[tuple[str, int, list[list[float]]]] = []
    for number, line in enumerate(read_lines(path), start=1):
        if line.startswith("#"):
            name = line[1:].strip()
            if not name:
                bad(number, "no image follows the '#'; write '# relative/image.jpg'")
                continue
            entries.append((name, number, []))
        elif line:
            numbers = parse_numbers(line, LINE_LENGTHS)
            if numbers is None:
                bad(
                    number,
                    f"{line[:60]!r} is not a face; write 4, 19 or 20 numbers in pixels, none beyond "
                    f"{LARGEST_NUMBER:,.0f}",
                )
            elif not entries:
                bad(number, "a face before any image; write '# relative/image.jpg' first")
            else:
                entries[-1][2].append(numbers)
    if not entries:
        raise UserError(f"{path} names no image; write '# relative/image.jpg' and face lines below it.")
    return [_entry(*entry) for entry in entries]


def read_label_file(path: str | Path, findings: list[Finding] | None = None) -> list[LabelledImage]:
    """Read a label.txt and find its images, beside it or in the folder `images` beside it (RetinaFace's layout).

    Faces of no area are `ignore`. The images are looked for now, and decoded later.

    Args:
        path: the file.
        findings: takes what is wrong, which is left out; without it the first of that is raised.

    Raises:
        UserError: as `parse_label_file`, or an image is missing.
    """
    path = Path(path)
    entries = parse_label_file(path, findings)
    folders = (path.parent, path.parent / "images")
    root = next((folder for folder in folders if is_file(folder / entries[0].name)), path.parent)
    images = []
    for entry in entries:
        image = root / entry.name
        if not is_file(image) and findings is not None:
            findings.append(Finding(Problem.MISSING, f"{path.name}, line {entry.line}", entry.name[:120]))
            continue
        if not is_file(image):
            raise UserError(f"{path}, line {entry.line}: {image} does not exist; add the image or remove its lines.")
        ignore = without_area(entry.boxes)
        images.append(LabelledImage(image, entry.boxes, entry.landmarks, entry.has_landmarks, ignore))
    return images


def to_yolo_lines(image: LabelledImage, size: tuple[int, int]) -> list[str]:
    """A line of YOLO's for each face that counts: `0 cx cy w h` and five times `x y visibility`, as shares.

    Args:
        image: the faces.
        size: (width, height) of the picture in pixels.
    """
    whole = np.array(size, np.float64)
    lines = []
    for box, points, has, ignored in zip(image.boxes, image.landmarks, image.has_landmarks, image.ignore, strict=True):
        if ignored:
            continue
        corners = box.reshape(2, 2) / whole
        numbers = [*corners.mean(axis=0), *(corners[1] - corners[0])]
        for point in points / whole:
            numbers += [*point, 2] if has else [0, 0, 0]
        lines.append(" ".join(["0", *(f"{number:.6g}" for number in numbers)]) + "\n")
    return lines
