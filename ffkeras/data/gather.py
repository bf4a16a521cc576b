"""Pictures of WIDER FACE's training set that public repositories hold, laid out as WIDER FACE itself is."""

import logging
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import cv2
import numpy as np

from ffkeras.data.git_objects import GitObjects
from ffkeras.data.voc import VocLandmarks, parse_voc_landmarks
from ffkeras.data.widerface import OfficialEntry, parse_official_file
from ffkeras.errors import UserError
from ffkeras.files import check_writable, write_bytes, write_text
from ffkeras.images import decode_image

JPEG_QUALITY = 95  # of pictures that had to be resized
OFFICIAL_TRAIN_FILE = "wider_face_train_bbx_gt.txt"
DRAWN_OVER = ("runs", "output", "result", "predict", "detect")  # folders of a detector's own pictures

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gathered:
    """A picture that was found.

    Args:
        entry: its official boxes, in pixels of the original.
        scale: (x, y), side of the written picture / side of the original.
        landmarks: of the original, if known.
    """

    entry: OfficialEntry
    scale: tuple[float, float]
    landmarks: VocLandmarks | None


def gather(
    repositories: Sequence[Path],
    official: Path,
    landmarks: Path | None,
    known: Sequence[Path],
    output: Path,
    progress: Iterable | None = None,
) -> Counter:
    """Write every training picture that the repositories' histories hold, with WIDER FACE's own boxes.

    A picture is recognised by its file name; folders whose names begin like `DRAWN_OVER` are left out, because
    detectors keep names and sizes and draw their boxes in. The first repository that has it at the original's size
    is taken; else the first that has it at all: a copy that was stretched goes back to the original's proportions,
    never larger than the copy. Whose size is unknown (no landmark file) is taken as it is.

    Args:
        repositories: git directories, in the order of trust.
        official: wider_face_train_bbx_gt.txt.
        landmarks: git directory with VOC files `<event>_<picture>.xml` in its history; None for none.
        known: data sets whose pictures are left out.
        output: the folder to write; must not exist.
        progress: a function of (sequence) that shows progress; none unless given.

    Returns:
        The number of pictures by repository.

    Raises:
        UserError: an unusable argument, or nothing was found.
    """
    if output.exists():
        raise UserError(f"{output} is there already; choose another --output, or remove it.")
    check_writable(output / OFFICIAL_TRAIN_FILE)
    entries = {Path(entry.name).name: entry for entry in parse_official_file(official)}
    have = {path.name for folder in known for path in folder.rglob("*.jpg")}
    stores = [GitObjects(path) for path in repositories]
    places = _find(stores, entries.keys() - have)
    points = _landmark_files(landmarks)
    found, counts = [], Counter()
    part = output.with_name(output.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        for name in (progress or iter)(sorted(places)):
            entry = entries[name]
            marks = points.get(entry.name.replace("/", "_").removesuffix(".jpg"))
            marks = marks and GitObjects(landmarks).read(marks)
            marks = parse_voc_landmarks(marks, entry.name) if marks else None
            if (taken := _take(places[name], stores, marks)) is None:
                continue
            data, scale, store = taken
            (part / "WIDER_train" / "images" / entry.name).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(part / "WIDER_train" / "images" / entry.name, data)
            found.append(Gathered(entry, scale, marks))
            counts[store.directory] += 1
        if not found:
            raise UserError("none of the repositories holds a picture that is not known yet; name others.")
        _write_labels(part, found)
        part.rename(output)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return counts


def _find(stores: Sequence[GitObjects], wanted: set[str]) -> dict[str, list[tuple[int, str]]]:
    """(number of the repository, object) of each picture, in the order of the repositories."""
    places: dict[str, list[tuple[int, str]]] = {}
    for number, store in enumerate(stores):
        for path, name in store.paths():
            if path.name in wanted and not _is_drawn_over(path):
                found = places.setdefault(path.name, [])
                found += [] if (number, name) in found else [(number, name)]
    return places


def _is_drawn_over(path: PurePath) -> bool:
    return any(folder.lower().startswith(DRAWN_OVER) for folder in path.parts[:-1])


def _landmark_files(repository: Path | None) -> Mapping[str, str]:
    """Objects of the VOC files with landmarks, by their names without suffix."""
    if repository is None:
        return {}
    found = {path.stem: name for path, name in GitObjects(repository).paths() if path.match("*landmark*/*/*.xml")}
    if not found:
        raise UserError(f"{repository} holds no XML files in a folder of landmarks; leave out --landmarks.")
    return found


def _take(places, stores, marks: VocLandmarks | None) -> tuple[bytes, tuple[float, float], GitObjects] | None:
    """The bytes of the best copy, its scale, and whose it is; None where none can be read."""
    stretched = None
    for number, name in places:
        data = stores[number].read(name)
        if data is None:
            continue
        try:
            image = decode_image(data, name)
        except UserError as error:
            logger.warning("%s in %s", error, stores[number].directory)
            continue
        if marks is None or image.shape[1::-1] == marks.size:
            return data, (1.0, 1.0), stores[number]
        stretched = stretched or (image, stores[number])
    if stretched is None:
        return None
    image, store = stretched
    return *_in_proportion(image, marks.size), store


def _in_proportion(image: np.ndarray, original: tuple[int, int]) -> tuple[bytes, tuple[float, float]]:
    """A stretched copy with the proportions of the original (width, height), as JPEG, and its scale."""
    height, width = image.shape[:2]
    scale = min(1.0, width / original[0], height / original[1])
    size = tuple(max(1, round(side * scale)) for side in original)
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    return data, (size[0] / original[0], size[1] / original[1])


def _write_labels(folder: Path, found: Sequence[Gathered]) -> None:
    boxes, points = [], []
    for picture in found:
        entry, scale = picture.entry, np.array(picture.scale)
        corners = entry.boxes.reshape(-1, 2, 2) * scale
        rows = np.rint(np.concatenate([corners[:, 0], corners[:, 1] - corners[:, 0]], axis=1)).astype(int)
        lines = [
            f"{' '.join(map(str, row))} 0 0 0 {int(bad)} 0 0" for row, bad in zip(rows, entry.invalid, strict=True)
        ]
        boxes += [entry.name, str(len(lines)), *(lines or ["0 0 0 0 0 0 0 0 0 0"])]
        marks = picture.landmarks
        if marks is None or not len(marks.boxes):
            continue
        points.append(f"# {entry.name}")
        for box, face in zip(marks.boxes.reshape(-1, 2, 2) * scale, marks.landmarks * scale, strict=True):
            numbers = [*box[0], *(box[1] - box[0]), *(value for point in face for value in (*point, 0.0))]
            points.append(" ".join(f"{value:.1f}" for value in numbers))
    for path, lines in (
        (folder / "wider_face_split" / OFFICIAL_TRAIN_FILE, boxes),
        (folder / "retinaface_gt" / "train" / "label.txt", points),
    ):
        if lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, "\n".join(lines) + "\n")
