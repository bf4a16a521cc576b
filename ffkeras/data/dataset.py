"""Reading whatever face data a folder holds, and holding some of it out."""

import dataclasses
import zlib
from collections.abc import Iterable
from pathlib import Path

from ffkeras.data.labels import LabelledImage, read_label_file
from ffkeras.data.shards import is_sharded
from ffkeras.data.widerface import read_widerface
from ffkeras.errors import UserError

WIDER_MARK = "wider_face_split"
LABEL_FILE = "label.txt"
HELD_OUT_ONE_IN = 16


def _read_folder(folder: Path) -> list[LabelledImage] | None:
    """Read one data set, or None where the folder is none; the folder's name is its images' source."""
    if (folder / WIDER_MARK).is_dir():
        images = read_widerface(folder)
    elif (folder / LABEL_FILE).is_file():
        images = read_label_file(folder / LABEL_FILE)
    else:
        return None
    return [dataclasses.replace(image, source=folder.resolve().name) for image in images]


def read_dataset(folders: Iterable[str | Path]) -> list[LabelledImage]:
    """Read training data: WIDER FACE (has `wider_face_split`), sets with a `label.txt`, or folders of such folders.

    Raises:
        UserError: a folder is missing or holds no data set, or a file in it is malformed.
    """
    images: list[LabelledImage] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise UserError(f"{folder} is not a folder; name a folder with face data.")
        if is_sharded(folder):
            raise UserError(f"{folder} holds shards, which only training reads; name the folders they were made of.")
        found = _read_folder(folder)
        if found is None:
            inside = [_read_folder(child) for child in sorted(folder.iterdir()) if child.is_dir()]
            found = [image for part in inside if part is not None for image in part]
        if not found:
            raise UserError(f"{folder} holds no face data; it should have {WIDER_MARK} (WIDER FACE) or {LABEL_FILE}.")
        images += found
    return images


def is_held_out(image: LabelledImage) -> bool:
    """Whether an image is for validation: by its name alone, so the same on every machine and for every subset."""
    return zlib.crc32("/".join(image.path.parts[-2:]).encode()) % HELD_OUT_ONE_IN == 0


def split_held_out(images: list[LabelledImage]) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Hold about one image in 16 of every data set out for validation during training.

    The choice is a fixed hash of "<folder>/<name>". Of very few images perhaps none is held out; never all are.

    Returns:
        (training, held_out); both in the order given.
    """
    held_out = [image for image in images if is_held_out(image)]
    names = {image.path for image in held_out}
    training = [image for image in images if image.path not in names]
    return (training, held_out) if training else (images, [])
