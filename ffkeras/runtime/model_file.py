"""Reading the bytes of a model's file."""

import os

from ffkeras.files import read_bytes
from ffkeras.runtime.released import find_model

LARGEST_MODEL = 256_000_000  # bytes; the largest of ours has 2 million


def read_model(path: str | os.PathLike) -> bytes:
    """The bytes of a .tflite file or released network, as they are. Raises UserError where it cannot be read."""
    return read_bytes(find_model(path), LARGEST_MODEL)
