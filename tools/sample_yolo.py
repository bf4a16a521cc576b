#!/usr/bin/env python3
"""Write a part of a data set as YOLO text with keypoints: a small set of one's own to try docs/own-data.md with."""

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402


def main() -> None:
    """Copy pictures, evenly spread over the set, and write their labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a data set")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="must not exist")
    parser.add_argument("--train", type=int, default=300, metavar="N", help="pictures to learn from (%(default)s)")
    parser.add_argument("--val", type=int, default=200, metavar="N", help="pictures to measure with (%(default)s)")
    parser.add_argument("--test", type=int, default=0, metavar="N", help="others, for the end (%(default)s)")
    parser.add_argument(
        "--on-its-side", action="store_true", help="turn each by a quarter to the left, as a camera sees that hangs so"
    )
    options = parser.parse_args()
    if options.output.exists():
        raise UserError(f"{options.output} is there already; choose another --output.")
    import numpy as np

    from ffkeras.data.dataset import read_dataset
    from ffkeras.data.labels import to_yolo_lines
    from ffkeras.files import write_text
    from ffkeras.images import read_size

    images = [image for image in read_dataset([options.folder]) if (~image.ignore).any()]
    if len(images) < options.train + options.val + options.test:
        raise UserError(f"{options.folder} has {len(images)} pictures with faces; ask for fewer.")
    places = np.linspace(0, len(images) - 1, options.train + options.val).round().astype(int)
    for_val = set(np.linspace(0, len(places) - 1, options.val).round().astype(int).tolist())
    parts = {int(place): "val" if number in for_val else "train" for number, place in enumerate(places)}
    others = [place for place in range(len(images)) if place not in parts]
    if options.test:
        parts |= {others[at]: "test" for at in np.linspace(0, len(others) - 1, options.test).round().astype(int)}
    for place, part in parts.items():
        image = images[place]
        target = options.output / "images" / part / image.path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if options.on_its_side:
            image = write_on_its_side(image, target)
        else:
            shutil.copyfile(image.path, target)
        lines = to_yolo_lines(image, read_size(target))
        write_text(options.output / "labels" / part / f"{image.path.stem}.txt", "".join(lines))
    write_text(
        options.output / "data.yaml",
        "path: .\ntrain: images/train\nval: images/val\ntest: images/test\nkpt_shape: [5, 3]\nnames:\n  0: face\n",
    )
    print(f"{options.output}: {options.train} pictures to learn from, {options.val + options.test} to measure with")


def write_on_its_side(image, target: Path):
    """Write a picture turned by a quarter to the left; gives its labels there."""
    import dataclasses

    import numpy as np

    from ffkeras.files import write_bytes
    from ffkeras.images import read_image
    from ffkeras.runtime.sinks import encode

    picture = read_image(image.path)
    width = picture.shape[1]
    write_bytes(target, encode(target.with_suffix(".jpg"), np.ascontiguousarray(np.rot90(picture))), durable=False)
    corners = image.boxes.reshape(-1, 2, 2)
    first, second = corners[:, 0], corners[:, 1]
    boxes = np.stack([first[:, 1], width - second[:, 0], second[:, 1], width - first[:, 0]], axis=1)
    landmarks = np.stack([image.landmarks[..., 1], width - image.landmarks[..., 0]], axis=2)
    return dataclasses.replace(image, boxes=boxes, landmarks=landmarks)


if __name__ == "__main__":
    cli.run(main)
