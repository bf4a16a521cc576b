"""The formats of labels, recognised by what a folder holds."""

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from ffkeras.data.coco import find_coco, read_coco
from ffkeras.data.csv_labels import find_csv, is_corners, read_csv
from ffkeras.data.findings import Finding
from ffkeras.data.labels import LabelledImage, read_label_file
from ffkeras.data.rows import PictureRows
from ffkeras.data.voc import find_voc, read_voc
from ffkeras.data.widerface import read_widerface
from ffkeras.data.yolo import find_yolo, read_yolo

WIDER_MARK = "wider_face_split"
LABEL_FILE = "label.txt"
FORMATS = f"WIDER FACE ({WIDER_MARK}), {LABEL_FILE}, YOLO text, COCO JSON, Pascal VOC XML or CSV"


class Numbers(Enum):
    """What the four numbers of a box are in a format, as far as that can be mistaken."""

    CORNER_AND_SIZE = "x y w h in pixels"
    CORNERS = "x1 y1 x2 y2 in pixels"
    CHECKED = "checked by its reader"


@dataclass(frozen=True)
class DataSet:
    """A folder of labelled pictures, as its files have them.

    Args:
        folder: where it is.
        format: what was recognised, in words.
        numbers: what its boxes are made of.
        images: with their faces in pixels.
        findings: what the reader could not use, and what is worth knowing.
    """

    folder: Path
    format: str
    numbers: Numbers
    images: list[LabelledImage]
    findings: list[Finding] = field(default_factory=list)


def read_set(folder: Path) -> DataSet | None:
    """Read one data set, or None where the folder is none; the folder's name is its images' source.

    Raises:
        UserError: WIDER FACE's files are malformed, or a file that names all of a set is missing or unreadable.
    """
    findings: list[Finding] = []
    if (folder / WIDER_MARK).is_dir():
        return _named(DataSet(folder, "WIDER FACE", Numbers.CHECKED, read_widerface(folder), findings))
    if (folder / LABEL_FILE).is_file():
        images = read_label_file(folder / LABEL_FILE, findings)
        return _named(DataSet(folder, LABEL_FILE, Numbers.CORNER_AND_SIZE, images, findings))
    if mark := find_yolo(folder):
        rows = read_yolo(folder, mark, findings)
        kind = f"YOLO text ({mark.name if mark.suffix in ('.yaml', '.yml') else 'no data.yaml'})"
        return _named(DataSet(folder, kind, Numbers.CHECKED, _labelled(rows), findings))
    if files := find_coco(folder):
        rows = read_coco(folder, files, findings)
        kind = f"COCO JSON ({', '.join(path.name for path in files[:3])})"
        return _named(DataSet(folder, kind, Numbers.CORNER_AND_SIZE, _labelled(rows), findings))
    if files := find_voc(folder):
        rows = read_voc(folder, files, findings)
        return _named(DataSet(folder, "Pascal VOC XML", Numbers.CORNERS, _labelled(rows), findings))
    if files := find_csv(folder):
        rows = read_csv(folder, files, findings)
        numbers = Numbers.CORNERS if is_corners(files[0]) else Numbers.CORNER_AND_SIZE
        kind = f"CSV ({', '.join(path.name for path in files[:3])})"
        return _named(DataSet(folder, kind, numbers, _labelled(rows), findings))
    return None


def _labelled(rows: list[PictureRows]) -> list[LabelledImage]:
    return [row.labelled() for row in rows]


def _named(data: DataSet) -> DataSet:
    source = data.folder.resolve().name
    return replace(data, images=[replace(image, source=source) for image in data.images])
