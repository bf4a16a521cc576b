"""The images of the WIDER FACE validation set: where they lie, and which of them to take."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from ffkeras.errors import UserError
from ffkeras.images import read_size

IMAGE_FOLDER = Path("WIDER_val", "images")  # in the root of the data set, as it is published


def find_images(root: str | os.PathLike, names: Sequence[str]) -> dict[str, Path]:
    """Those of the images named "<event>/<name>.jpg" that lie in `root`/WIDER_val/images."""
    paths = {name: Path(root, IMAGE_FOLDER, name) for name in names}
    return {name: path for name, path in paths.items() if path.is_file()}


def choose_sample(
    names: Sequence[str],
    available: Collection[str],
    source: str,
    *,
    allow_missing: bool = False,
    limit: int | None = None,
) -> list[str]:
    """The images to evaluate: all of them, or a sample that was asked for.

    Args:
        names: every image of the set, in its order.
        available: the images that there are.
        source: where they are from; named in errors.
        allow_missing: take what there is.
        limit: take this many, evenly spread over what there is; implies `allow_missing`.

    Raises:
        UserError: images are missing and no sample was asked for, or there are none.
    """
    present = [name for name in names if name in available]
    missing = len(names) - len(present)
    if not present:
        raise UserError(f"{source} holds none of the {len(names):,} validation images, such as {names[0]}.")
    if missing and limit is None and not allow_missing:
        first = next(name for name in names if name not in available)
        raise UserError(
            f"{source} lacks {missing:,} of the {len(names):,} validation images, the first is {first}; "
            "complete it, or pass --allow-missing for figures of a sample."
        )
    if limit is None or limit >= len(present):
        return present
    return [present[index] for index in np.linspace(0, len(present) - 1, limit).round().astype(int)]


def input_scales(images: Mapping[str, Path], image_size: tuple[int, int]) -> dict[str, float]:
    """Pixels of the network input per source pixel, for each image; reads the files' headers only.

    Args:
        images: name -> file.
        image_size: (height, width) of the network input, into which the image is letterboxed.

    Raises:
        UserError: a file is not an image.
    """
    height, width = image_size
    scales = {}
    for name, path in images.items():
        image_width, image_height = read_size(path)
        scales[name] = min(width / image_width, height / image_height)
    return scales
