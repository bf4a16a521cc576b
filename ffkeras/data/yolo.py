"""YOLO's text labels (Ultralytics' layout): a line `class cx cy w h` a face, as shares of the picture.

A `data.yaml` names the classes and the folders of each part; without it, a folder `labels` beside `images`, or label
files beside the pictures, say that a folder is of this kind. Five keypoints a face may follow, each `x y` or
`x y visibility`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ffkeras.data.findings import Finding, Problem
from ffkeras.data.labels import read_lines
from ffkeras.data.rows import POINTS, FaceRow, PictureRows, Pictures, face_classes, fit, split_below
from ffkeras.errors import UserError
from ffkeras.files import is_file, read_bytes
from ffkeras.images import read_size

PARTS = ("train", "val", "test")
YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
CLASS_FILES = ("classes.txt", "obj.names")
LABEL_LINE = re.compile(r"\d{1,5}( [-+.\deE]+){4,}")
LARGEST_SHARE = 1.5  # beyond it a number is no share of a picture, however sloppily the box was drawn


def find_yolo(root: Path) -> Path | None:
    """The data.yaml, or else the first label file, of a folder of this kind; None for other folders."""
    for path in [root / name for name in YAML_NAMES] + sorted(root.glob("*.y*ml")):
        if is_file(path) and _read_yaml(path) is not None:
            return path
    folders = [path for path in (root / "labels", *sorted(root.glob("*/labels"))) if path.is_dir()] or [root]
    for path in (path for folder in folders for path in sorted(folder.rglob("*.txt"))):
        if path.name not in CLASS_FILES and _looks_like_labels(path):
            return path
    return None


def _looks_like_labels(path: Path) -> bool:
    try:
        first = next(filter(None, read_lines(path)), "")
    except UserError:
        return False
    return LABEL_LINE.fullmatch(" ".join(first.split())) is not None


def _read_yaml(path: Path) -> dict | None:
    """The mapping in a file with a part of a data set, or None. Raises UserError where PyYAML is not installed."""
    data = read_bytes(path, 10_000_000)
    if not re.search(rb"^(train|val)\s*:", data, re.MULTILINE):
        return None
    try:
        import yaml
    except ImportError as error:
        raise UserError(f"{path} needs PyYAML to be read; pip install pyyaml.") from error
    try:
        found = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(f"{path} is not valid YAML ({reason}); write it again.") from error
    return found if isinstance(found, dict) else None


def read_yolo(root: Path, mark: Path, findings: list[Finding]) -> list[PictureRows]:
    """Read a folder of this kind.

    Args:
        root: the folder.
        mark: what `find_yolo` gave.
        findings: takes what is wrong.
    """
    config = _read_yaml(mark) if mark.suffix in (".yaml", ".yml") else None
    names = _class_names(root, config)
    wanted = face_classes(names.values())
    if wanted is None:
        findings.append(Finding(Problem.NO_CLASS, str(mark), "the classes are " + ", ".join(map(str, names.values()))))
        return []
    classes = {number for number, name in names.items() if name in wanted} if names else None
    pictures = Pictures(root)
    shape = _keypoint_shape(config)
    if shape and shape[0] != POINTS:
        findings.append(Finding(Problem.OTHER_KEYPOINTS, mark.name, f"kpt_shape {list(shape)}"))
    rows, labelled, wrong_unit = [], set(), []
    for path, split in _listed(root, mark, config, pictures, findings):
        label = _label_file(path)
        row = PictureRows(path, split=split)
        rows.append(row)
        if label is None:
            findings.append(Finding(Problem.NO_LABELS, _short(root, path)))
            continue
        labelled.add(label)
        row.faces = _read_faces(root, label, path, classes, shape, findings, wrong_unit)
    if wrong_unit:
        findings.append(Finding(Problem.NOT_SHARES, wrong_unit[0], f"{len(wrong_unit):,} lines have numbers above 1"))
    if labelled:
        for folder in {label.parent for label in labelled}:
            for label in sorted(set(folder.glob("*.txt")) - labelled):
                if label.name not in CLASS_FILES and _looks_like_labels(label):
                    findings.append(Finding(Problem.MISSING, f"the picture of {_short(root, label)}"))
    return rows


def _class_names(root: Path, config: dict | None) -> dict[int, str]:
    names = (config or {}).get("names")
    if isinstance(names, list):
        return dict(enumerate(map(str, names)))
    if isinstance(names, dict):
        return {int(number): str(name) for number, name in names.items() if str(number).isdecimal()}
    for path in (folder / name for folder in (root, root / "labels") for name in CLASS_FILES):
        if is_file(path):
            return dict(enumerate(filter(None, read_lines(path))))
    return {}


def _listed(
    root: Path, mark: Path, config: dict | None, pictures: Pictures, findings: list[Finding]
) -> Iterator[tuple[Path, str]]:
    """The pictures and the part that each is of."""
    if config is None:
        for path in pictures.all():
            yield path, split_below(root, path)
        return
    seen = set()
    bases = [mark.parent, root]
    if isinstance(config.get("path"), str):
        bases = [root / config["path"], mark.parent / config["path"], *bases, root / Path(config["path"]).name]
    for part in PARTS:
        entries = config.get(part) or []
        for entry in [entries] if isinstance(entries, str) else entries:
            found = _resolve(str(entry), bases)
            if found is None:
                if part != "test":
                    findings.append(Finding(Problem.MISSING, f"{mark.name}, {part}", f"{entry} does not exist"))
                continue
            for path in _pictures_of(found, pictures, findings):
                if path not in seen:
                    seen.add(path)
                    yield path, part


def _resolve(entry: str, bases: list[Path]) -> Path | None:
    """A folder or list of a data.yaml. Exporters write ../train/images for what lies beside the file."""
    plain = Path(*[part for part in Path(entry).parts if part not in ("..", "/")]) if entry else Path()
    for candidate in [base / entry for base in bases] + [base / plain for base in bases]:
        if candidate.is_dir() or is_file(candidate):
            return candidate
    return None


def _pictures_of(place: Path, pictures: Pictures, findings: list[Finding]) -> list[Path]:
    if place.is_dir():
        return Pictures(place).all()
    found = []
    for number, line in enumerate(read_lines(place), start=1):
        if line:
            path = pictures.find(line.removeprefix("./"), (place.parent, pictures.root))
            if path is None:
                findings.append(Finding(Problem.MISSING, f"{place.name}, line {number}", line[:120]))
            else:
                found.append(path)
    return found


def _label_file(picture: Path) -> Path | None:
    """labels/... for images/..., or beside the picture."""
    parts = list(picture.with_suffix(".txt").parts)
    for at in reversed(range(len(parts) - 1)):
        if parts[at] == "images":
            candidate = Path(*parts[:at], "labels", *parts[at + 1 :])
            if is_file(candidate):
                return candidate
            break
    beside = picture.with_suffix(".txt")
    return beside if is_file(beside) else None


def _keypoint_shape(config: dict | None) -> tuple[int, int] | None:
    found = (config or {}).get("kpt_shape")
    if isinstance(found, list) and len(found) == 2 and all(isinstance(number, int) for number in found):
        return tuple(found)
    return None


def _read_faces(
    root: Path,
    label: Path,
    picture: Path,
    classes: set[int] | None,
    shape: tuple[int, int] | None,
    findings: list[Finding],
    wrong_unit: list[str],
) -> list[FaceRow]:
    try:
        lines = read_lines(label)
    except UserError:
        findings.append(Finding(Problem.MALFORMED, _short(root, label), "it is no text"))
        return []
    try:
        width, height = read_size(picture)
    except UserError:  # told of by the check of pictures
        return []
    faces = []
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        place = f"{_short(root, label)}, line {number}"
        values = fit(line.split()) if line.isascii() and "_" not in line else None
        if values is None or len(values) < 5 or values[0] != int(values[0]):
            findings.append(Finding(Problem.MALFORMED, place, repr(line[:60])))
            continue
        if classes is not None and int(values[0]) not in classes:
            continue
        face = _face(values[1:], width, height, shape)
        if face is None:
            findings.append(Finding(Problem.MALFORMED, place, f"{len(values)} numbers: {line[:60]!r}"))
        elif max(map(abs, values[1:5])) > LARGEST_SHARE:
            wrong_unit.append(place)
        else:
            faces.append(face)
    return faces


def _face(values: list[float], width: int, height: int, shape: tuple[int, int] | None) -> FaceRow | None:
    """A box, and five landmarks where there are so many keypoints; a polygon's box; None for other numbers.

    Args:
        values: what follows the class.
        width, height: of the picture in pixels.
        shape: (keypoints, numbers of each) as data.yaml has it; None where it does not say.
    """
    rest = len(values) - 4
    of_five = rest in (2 * POINTS, 3 * POINTS) and shape in (None, (POINTS, rest // POINTS))
    if not of_five and shape is None and rest and rest % 2 == 0:  # x y of a polygon's corners
        xs, ys = values[0::2], values[1::2]
        return FaceRow((min(xs) * width, min(ys) * height, max(xs) * width, max(ys) * height))
    if not of_five and rest not in (0, shape[0] * shape[1] if shape else 0):
        return None
    cx, cy, w, h = values[:4]
    box = ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)
    if not of_five:
        return FaceRow(box)
    step = rest // POINTS
    points = [values[4 + step * k : 4 + step * (k + 1)] for k in range(POINTS)]
    if any((x <= 0 and y <= 0) or (visible and visible[0] <= 0) for x, y, *visible in points):  # one is not marked
        return FaceRow(box)
    return FaceRow(box, [(x * width, y * height) for x, y, *_ in points])


def _short(root: Path, path: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
