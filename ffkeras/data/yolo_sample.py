"""A part of a data set written as YOLO text with keypoints, to try a small set with."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np

from ffkeras.data.dataset import read_dataset
from ffkeras.data.labels import LabelledImage, to_yolo_lines
from ffkeras.errors import UserError
from ffkeras.files import write_bytes, write_text
from ffkeras.images import read_image, read_size
from ffkeras.runtime.sinks import encode

DATA_YAML = """path: .
train: images/train
val: images/val
test: images/test
kpt_shape: [5, 3]
names:
  0: face
"""


def write_yolo_sample(data: Path, folder: Path, train: int, val: int, test: int, on_its_side: bool = False) -> None:
    """Copy pictures, evenly spread over the set, and write their labels.

    Args:
        data: the data set, in any format; pictures without a face that counts are passed over.
        folder: for images/, labels/ and data.yaml.
        train, val, test: how many pictures each part gets.
        on_its_side: turn each picture by a quarter to the left.

    Raises:
        UserError: too few pictures, or one that cannot be read or written.
    """
    images = [image for image in read_dataset([data]) if (~image.ignore).any()]
    if len(images) < train + val + test:
        raise UserError(f"{data} has {len(images)} pictures with faces; ask for fewer.")
    for place, part in _parts(len(images), train, val, test).items():
        image = images[place]
        target = folder / "images" / part / image.path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if on_its_side:
            image = _write_on_its_side(image, target)
        else:
            shutil.copyfile(image.path, target)
        lines = to_yolo_lines(image, read_size(target))
        write_text(folder / "labels" / part / f"{image.path.stem}.txt", "".join(lines))
    write_text(folder / "data.yaml", DATA_YAML)


def _parts(count: int, train: int, val: int, test: int) -> dict[int, str]:
    """Place among `count` pictures -> part."""
    places = _spread(count, train + val)
    for_val = set(_spread(len(places), val))
    parts = {place: "val" if number in for_val else "train" for number, place in enumerate(places)}
    others = [place for place in range(count) if place not in parts]
    return parts | {others[at]: "test" for at in _spread(len(others), test)}


def _spread(count: int, wanted: int) -> list[int]:
    return np.linspace(0, count - 1, wanted).round().astype(int).tolist()


def _write_on_its_side(image: LabelledImage, target: Path) -> LabelledImage:
    """Write a picture turned by a quarter to the left; gives its labels there."""
    picture = read_image(image.path)
    width = picture.shape[1]
    write_bytes(target, encode(target.with_suffix(".jpg"), np.ascontiguousarray(np.rot90(picture))), durable=False)
    corners = image.boxes.reshape(-1, 2, 2)
    first, second = corners[:, 0], corners[:, 1]
    boxes = np.stack([first[:, 1], width - second[:, 0], second[:, 1], width - first[:, 0]], axis=1)
    landmarks = np.stack([image.landmarks[..., 1], width - image.landmarks[..., 0]], axis=2)
    return dataclasses.replace(image, boxes=boxes, landmarks=landmarks)
