"""A digest of training data, by which a run knows whether they are still those that it began with."""

import hashlib
from collections.abc import Iterable

import numpy as np

from ffkeras.data.labels import LabelledImage

DIGITS = 16  # of SHA-256, in hexadecimal: 64 bits tell accidents apart
NAME_PARTS = 2  # of a path, so that data may be moved as a whole


def dataset_digest(images: Iterable[LabelledImage]) -> str:
    """Sixteen digits that follow from names, sizes of files, labels and order; pixels are not read, for speed.

    Files that are missing count as empty.
    """
    digest = hashlib.sha256()
    for image in images:
        name = "/".join(image.path.parts[-NAME_PARTS:])
        try:
            size = image.path.stat().st_size
        except OSError:
            size = 0
        digest.update(f"{image.source}\0{name}\0{size}\0".encode(errors="surrogateescape"))
        for values in (image.boxes, image.landmarks, image.has_landmarks, image.ignore):
            array = np.ascontiguousarray(values)
            digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()[:DIGITS]


def joined_digest(digests: list[str]) -> str:
    """One digest of several, in their order; empty of none."""
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:DIGITS] if digests else ""
