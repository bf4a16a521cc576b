"""Reading the bytes of a model's file."""

import os

from ffkeras.errors import UserError
from ffkeras.runtime.released import find_model


def read_model(path: str | os.PathLike) -> bytes:
    """The bytes of a .tflite file or released network, as they are. Raises UserError where it cannot be read."""
    try:
        return find_model(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the model {path}: {error.strerror}; check the path.") from error
