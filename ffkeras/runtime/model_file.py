"""Reading the bytes of a model's file."""

import os
from pathlib import Path

from ffkeras.errors import UserError


def read_model(path: str | os.PathLike) -> bytes:
    """The bytes of a .tflite file, as they are. Raises UserError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the model {path}: {error.strerror}; check the path.") from error
