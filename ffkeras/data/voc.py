"""Pascal VOC's XML (Everingham et al. 2010): a file a picture, boxes as corners in pixels.

Five landmarks a face may stand in `lm`, as libfacedetection.train (Yu et al.) published WIDER FACE's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ffkeras.data.findings import Finding, Problem
from ffkeras.data.labels import read_lines
from ffkeras.data.rows import POINTS, FaceRow, PictureRows, Pictures, face_classes, fit, split_below, split_of
from ffkeras.errors import UserError
from ffkeras.files import is_file, read_bytes

LARGEST_FILE = 50_000_000  # bytes
CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class VocFace:
    """An `object` of a file.

    Args:
        name: its class.
        face: its box, landmarks and whether it is marked as difficult.
    """

    name: str
    face: FaceRow


@dataclass(frozen=True)
class VocPicture:
    """What a file says of its picture.

    Args:
        filename: of the picture; may be empty.
        size: (width, height) of the picture in pixels; None where it is not known.
        objects: in the picture.
        bad: a few words for each object whose numbers are none.
        landmarks_are_whole: none of these has landmarks.
    """

    filename: str
    size: tuple[int, int] | None
    objects: list[VocFace]
    bad: list[str]
    landmarks_are_whole: bool


@dataclass(frozen=True)
class VocLandmarks:
    """The faces of a picture that have landmarks.

    Args:
        size: (width, height) of the picture in pixels.
        boxes: float32 [N, 4], corners in pixels.
        landmarks: float32 [N, 5, 2] in pixels: left eye, right eye, nose, left and right mouth corner, as seen.
    """

    size: tuple[int, int]
    boxes: np.ndarray
    landmarks: np.ndarray


def parse_voc(data: bytes, name: str) -> VocPicture:
    """Read a file's bytes.

    Raises:
        UserError: not such a file; the sentence names `name`.
    """
    objects, bad, whole = [], [], True
    try:
        if b"<!ENTITY" in data:  # which could be made to fill the memory
            raise ValueError("it declares entities")
        root = ElementTree.fromstring(data)
        size = fit(root.findtext(f"size/{side}") for side in ("width", "height"))
        if root.tag != "annotation":
            raise ValueError(f"its first element is <{root.tag[:40]}>, not <annotation>")
    except (ElementTree.ParseError, ValueError) as error:
        raise UserError(f"{name} is no Pascal VOC file ({error}); correct it or leave it out.") from error
    for entry in root.iter("object"):
        try:
            objects.append(_object(entry))
        except ValueError as error:
            bad.append(str(error))
            whole &= entry.findtext("has_lm") != "1"
    known = (int(size[0]), int(size[1])) if size and min(size) > 0 else None
    return VocPicture((root.findtext("filename") or "").strip(), known, objects, bad, whole)


def _object(entry: ElementTree.Element) -> VocFace:
    name = (entry.findtext("name") or "").strip()
    box = fit(entry.findtext(f"bndbox/{key}") for key in CORNERS)
    if box is None:
        texts = ", ".join(f"{key} {entry.findtext(f'bndbox/{key}')!s:.20}" for key in CORNERS)
        raise ValueError(f"an object's box is {texts}")
    face = FaceRow(box, ignore=(entry.findtext("difficult") or "").strip() == "1")
    if entry.find("lm") is not None and (entry.findtext("has_lm") or "1").strip() == "1":
        points = fit(entry.findtext(f"lm/{axis}{k}") for k in range(1, POINTS + 1) for axis in "xy")
        if points is None:
            raise ValueError("an object's landmarks are not ten numbers")
        face.landmarks = list(zip(points[0::2], points[1::2], strict=True))
    return VocFace(name, face)


def parse_voc_landmarks(data: bytes, name: str) -> VocLandmarks:
    """The faces of a file that have landmarks.

    Raises:
        UserError: not such a file, or without the picture's size; the sentence names `name`.
    """
    picture = parse_voc(data, name)
    if picture.size is None or not picture.landmarks_are_whole:
        raise UserError(f"{name} lacks the picture's size or numbers of a face; leave it out.")
    faces = [entry.face for entry in picture.objects if entry.face.landmarks is not None]
    return VocLandmarks(
        picture.size,
        np.array([face.box for face in faces], np.float32).reshape(-1, 4),
        np.array([face.landmarks for face in faces], np.float32).reshape(-1, POINTS, 2),
    )


def find_voc(root: Path) -> list[Path]:
    """The XML files of a folder of this kind; none for other folders."""
    files = sorted(path for path in root.rglob("*.xml") if path.is_file() and not path.name.startswith("."))
    return files if any(_is_voc(path) for path in files[:20]) else []


def _is_voc(path: Path) -> bool:
    try:
        return b"<annotation" in read_bytes(path, LARGEST_FILE)[:2000]
    except UserError:
        return False


def read_voc(root: Path, files: list[Path], findings: list[Finding]) -> list[PictureRows]:
    """Read a folder of this kind.

    Args:
        root: the folder.
        files: what `find_voc` gave.
        findings: takes what is wrong.
    """
    pictures, parts, parsed = Pictures(root), dict(_parts(root)), []
    for path in files:
        name = str(path.relative_to(root))
        try:
            picture = parse_voc(read_bytes(path, LARGEST_FILE), name)
            parsed.append((path, name, picture))
            findings += [Finding(Problem.MALFORMED, name, words) for words in picture.bad]
        except UserError as error:
            findings.append(Finding(Problem.MALFORMED, name, str(error).removeprefix(name).strip()))
    wanted = face_classes(entry.name for _, _, picture in parsed for entry in picture.objects)
    if wanted is None:
        names = sorted({entry.name for _, _, picture in parsed for entry in picture.objects})
        findings.append(Finding(Problem.NO_CLASS, root.name, f"the classes are {', '.join(names)[:200]}"))
        return []
    rows = []
    for path, name, picture in parsed:
        near = (path.parent, path.parent.parent / "JPEGImages", path.parent.parent / "images", path.parent.parent)
        place = pictures.find(picture.filename, near) or pictures.find_stem(path.stem, near)
        if place is None:
            findings.append(Finding(Problem.MISSING, name, picture.filename or path.stem))
            continue
        faces = [entry.face for entry in picture.objects if entry.name in wanted]
        split = parts.get(path.stem) or split_below(root, path)
        rows.append(PictureRows(place, faces, split, picture.size))
    return rows


def _parts(root: Path) -> Iterator[tuple[str, str]]:
    """The part of each picture, as ImageSets/Main/{train,val,test}.txt have it."""
    for path in sorted(root.glob("ImageSets/Main/*.txt")):
        split = split_of(path.stem) if path.stem in ("train", "val", "test") else ""
        if split and is_file(path):
            for line in read_lines(path):
                if line:
                    yield line.split()[0], split
