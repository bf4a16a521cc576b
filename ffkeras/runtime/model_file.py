"""Reading the bytes of a model's file."""

import os

from ffkeras.files import read_bytes

LARGEST_MODEL = 256_000_000  # bytes; the largest of ours has 2 million


def read_model(path: str | os.PathLike) -> bytes:
    """The bytes of a .tflite file, as they are. Raises UserError where it cannot be read."""
    return read_bytes(path, LARGEST_MODEL)
