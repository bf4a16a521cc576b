"""A table of faces, a line each: `image` and a box, as corners or as corner and size, in pixels, perhaps landmarks.

The first line names the columns: as `ffkeras detect --csv` writes them, or by other names that are in use.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from ffkeras.data.findings import Finding, Problem
from ffkeras.data.rows import FaceRow, PictureRows, Pictures, face_classes, fit, split_of
from ffkeras.errors import UserError
from ffkeras.files import read_bytes
from ffkeras.runtime.tables import POINTS

LARGEST_FILE = 1_000_000_000  # bytes
IMAGE = ("image", "filename", "file_name", "file", "path", "image_path", "image_name", "imageid", "image_id", "img")
CORNERS = (
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("left", "top", "right", "bottom"),
)
SIZES = (
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("x1", "y1", "w", "h"),
    ("x1", "y1", "width", "height"),
    ("left", "top", "width", "height"),
    ("bbox_x", "bbox_y", "bbox_width", "bbox_height"),
)
CLASS = ("class", "label", "name", "category", "class_name", "labelname")
SPLIT = ("split", "set", "subset", "part")
LANDMARKS = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")


def find_csv(root: Path) -> list[Path]:
    """The tables of a folder of this kind, in it or in its folders; none for other folders."""
    found = [*sorted(root.glob("*.csv")), *sorted(root.glob("*/*.csv"))]
    return [path for path in found if path.is_file() and _columns(path) is not None]


def _columns(path: Path) -> tuple[list[str], tuple[str, ...], bool] | None:
    """The names of all columns, those of the box, and whether they are corners; None for another table."""
    try:
        first = read_bytes(path, LARGEST_FILE)[:10_000].decode("utf-8-sig", errors="replace").splitlines()[:1]
    except UserError:
        return None
    names = _names(next(csv.reader(first, delimiter=_delimiter(first[0]) if first else ","), []))
    if not any(name in names for name in IMAGE):
        return None
    for kinds, corners in ((CORNERS, True), (SIZES, False)):
        for box in kinds:
            if all(name in names for name in box):
                return names, box, corners
    return None


def _names(row: list[str]) -> list[str]:
    return [name.strip().casefold().replace(" ", "_") for name in row]


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def is_corners(path: Path) -> bool:
    """Whether the boxes of a table of this kind are corners, else corner and size."""
    found = _columns(path)
    return found is not None and found[2]


def read_csv(root: Path, files: list[Path], findings: list[Finding]) -> list[PictureRows]:
    """Read a folder of this kind.

    Args:
        root: the folder.
        files: what `find_csv` gave.
        findings: takes what is wrong.
    """
    pictures, rows = Pictures(root), {}
    for path in files:
        name = str(path.relative_to(root))
        try:
            text = read_bytes(path, LARGEST_FILE).decode("utf-8-sig")
        except UnicodeDecodeError:
            findings.append(Finding(Problem.MALFORMED, name, "it is not UTF-8; save it as that"))
            continue
        columns, box, corners = _columns(path)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.split("\n", 1)[0]))
        next(reader)
        lines = []
        try:
            for cells in reader:
                if cells:
                    lines.append((reader.line_num, dict(zip(columns, cells, strict=False))))
        except csv.Error as error:
            findings.append(Finding(Problem.MALFORMED, f"{name}, line {reader.line_num}", str(error)))
        kind = next((column for column in CLASS if column in columns), None)
        wanted = face_classes(line.get(kind, "") for _, line in lines) if kind else None
        if kind and wanted is None:
            names = sorted({line.get(kind, "") for _, line in lines})
            findings.append(Finding(Problem.NO_CLASS, name, f"the column {kind} has {', '.join(names)[:200]}"))
            continue
        _read_lines(name, path, lines, (box, corners), (kind, wanted), pictures, rows, findings)
    return list(rows.values())


def _read_lines(name, path, lines, boxes, classes, pictures, rows, findings) -> None:
    """The lines of one table, (number, cells by column) each, into `rows`, picture by picture."""
    (box, corners), (kind, wanted) = boxes, classes
    missing, split = set(), split_of(path.stem)
    for number, line in lines:
        image = next(line[column] for column in IMAGE if column in line).strip()
        place = pictures.find(image, (path.parent, path.parent / "images"))
        if place is None:
            if image not in missing:
                missing.add(image)
                findings.append(Finding(Problem.MISSING, f"{name}, line {number}", image[:120]))
            continue
        part = split_of(next((line[column] for column in SPLIT if line.get(column)), "")) or split
        row = rows.setdefault(place, PictureRows(place, split=part, size=_size(line, box)))
        cells = [line.get(column, "").strip() for column in box]
        if not any(cells) or (kind and line.get(kind, "") not in wanted):  # a picture without a face
            continue
        face = _face(cells, corners, line)
        if face is None:
            findings.append(Finding(Problem.MALFORMED, f"{name}, line {number}", ", ".join(cells)[:80]))
        else:
            row.faces.append(face)


def _size(line: Mapping[str, str], box: tuple[str, ...]) -> tuple[int, int] | None:
    """Of the picture, where the columns width and height are not the box's."""
    if "width" in box:
        return None
    size = fit((line.get("width"), line.get("height")))
    return (int(size[0]), int(size[1])) if size and min(size) > 0 else None


def _face(cells: list[str], corners: bool, line: Mapping[str, str]) -> FaceRow | None:
    numbers = fit(cells)
    if numbers and not corners:
        numbers = fit((*numbers[:2], numbers[0] + numbers[2], numbers[1] + numbers[3]))
    if not numbers:
        return None
    texts = [line.get(column, "").strip() for column in LANDMARKS]
    if not all(texts):
        return FaceRow(numbers)
    points = fit(texts)
    return points and FaceRow(numbers, list(zip(points[0::2], points[1::2], strict=True)))
