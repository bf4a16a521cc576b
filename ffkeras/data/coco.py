"""COCO's JSON (Lin et al. 2014): images, annotations with boxes (x, y, w, h) in pixels, categories, keypoints."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from ffkeras.data.findings import Finding, Problem
from ffkeras.data.rows import FaceRow, PictureRows, Pictures, face_classes, fit, split_below, split_of
from ffkeras.errors import UserError
from ffkeras.files import read_bytes

PLACES = ("*.json", "annotations/*.json", "*/_annotations.coco.json", "*/annotations/*.json", "*/*.json")
MARKS = (b'"images"', b'"annotations"', b'"categories"')
LARGEST_FILE = 2_000_000_000  # bytes; COCO's own have half a billion

# The five landmarks, by the names that are in use. "left" is what the file calls left: see Problem.MIRRORED.
NAMES = (
    ("lefteye", "eyeleft", "leye"),
    ("righteye", "eyeright", "reye"),
    ("nose", "nosetip"),
    ("leftmouth", "mouthleft", "leftmouthcorner", "mouthleftcorner", "mouthcornerleft", "lmouth"),
    ("rightmouth", "mouthright", "rightmouthcorner", "mouthrightcorner", "mouthcornerright", "rmouth"),
)


def find_coco(root: Path) -> list[Path]:
    """The annotation files of a folder of this kind; none for other folders."""
    found = {path: None for pattern in PLACES for path in sorted(root.glob(pattern)) if path.is_file()}
    return [path for path in found if _is_coco(path)]


def _is_coco(path: Path) -> bool:
    try:
        data = read_bytes(path, LARGEST_FILE)
    except UserError:
        return False
    return all(mark in data for mark in MARKS)


def read_coco(root: Path, files: Iterable[Path], findings: list[Finding]) -> list[PictureRows]:
    """Read a folder of this kind.

    Args:
        root: the folder.
        files: what `find_coco` gave.
        findings: takes what is wrong.
    """
    pictures, rows = Pictures(root), {}
    for path in files:
        name = str(path.relative_to(root))
        try:
            content = json.loads(read_bytes(path, LARGEST_FILE))
            images, annotations = _objects(content, "images"), _objects(content, "annotations")
            categories = {entry.get("id"): entry for entry in _objects(content, "categories")}
        except (ValueError, RecursionError) as error:
            findings.append(Finding(Problem.MALFORMED, name, " ".join(str(error).split())[:160]))
            continue
        wanted = face_classes(str(entry.get("name")) for entry in categories.values())
        if wanted is None:
            names = ", ".join(str(entry.get("name")) for entry in categories.values())
            findings.append(Finding(Problem.NO_CLASS, name, f"the categories are {names[:200]}"))
            continue
        points = {number: _five(entry, name, findings) for number, entry in categories.items()}
        of_image: dict[object, list[FaceRow]] = {}
        for at, annotation in enumerate(annotations):
            category = annotation.get("category_id")
            if str(categories.get(category, {}).get("name")) not in wanted:
                continue
            face = _face(annotation, points.get(category))
            if face is None:
                detail = f"the box is {str(annotation.get('bbox'))[:80]}"
                findings.append(Finding(Problem.MALFORMED, f"{name}, annotation {annotation.get('id', at)}", detail))
                continue
            of_image.setdefault(annotation.get("image_id"), []).append(face)
        split = split_of(path.stem) or split_below(root, path)
        for image in images:
            row = _picture(image, path, split, pictures)
            if row is None:
                findings.append(Finding(Problem.MISSING, name, str(image.get("file_name"))[:120]))
                continue
            row.faces = of_image.get(image.get("id"), [])
            if row.path in rows:
                findings.append(Finding(Problem.REPEATED, name, row.path.name))
                row.faces = row.faces or rows[row.path].faces
            rows[row.path] = row
    return list(rows.values())


def _objects(content: object, key: str) -> list[dict]:
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ValueError(f"`{key}` is no list of objects")
    return found


def _picture(image: dict, file: Path, split: str, pictures: Pictures) -> PictureRows | None:
    parent = file.parent
    beside = (parent, parent / "images", parent.parent / "images", parent.parent)
    by_part = [folder / split for folder in beside if split]
    path = pictures.find(str(image.get("file_name") or ""), (*by_part, *beside))
    size = fit((image.get("width"), image.get("height")))
    known = (int(size[0]), int(size[1])) if size and min(size) > 0 else None
    return PictureRows(path, split=split, size=known) if path else None


def _face(annotation: dict, points: Sequence[int] | None) -> FaceRow | None:
    box = annotation.get("bbox")
    numbers = fit(box) if isinstance(box, list) and len(box) == 4 else None
    corners = numbers and fit((*numbers[:2], numbers[0] + numbers[2], numbers[1] + numbers[3]))
    if corners is None:
        return None
    face = FaceRow(corners, ignore=bool(annotation.get("iscrowd")) or bool(annotation.get("ignore")))
    keypoints = annotation.get("keypoints")
    if points is None or not isinstance(keypoints, list):
        return face
    values = fit(keypoints)
    if values is None:
        return None
    marked = [values[3 * point : 3 * point + 3] for point in points]
    if all(len(point) == 3 and point[2] > 0 for point in marked):
        face.landmarks = [point[:2] for point in marked]
    return face


def _five(category: dict, file: str, findings: list[Finding]) -> list[int] | None:
    """Where eyes, nose and corners of the mouth stand among a category's keypoints; None where it has them not."""
    names = category.get("keypoints")
    if not isinstance(names, list) or not names:
        return None
    plain = ["".join(letter for letter in str(name).casefold() if letter.isalpha()) for name in names]
    found = [next((plain.index(name) for name in known if name in plain), None) for known in NAMES]
    if None not in found:
        return found
    if len(names) == len(NAMES) and all(not name or len(name) <= 2 for name in plain):  # 1, 2, 3 ... or p1, p2 ...
        return list(range(len(NAMES)))
    findings.append(Finding(Problem.OTHER_KEYPOINTS, file, ", ".join(map(str, names))[:160]))
    return None
