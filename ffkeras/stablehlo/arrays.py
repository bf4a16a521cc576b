"""Lists of arrays as the bytes of an .npz file."""

import io
from pathlib import Path

import numpy as np


def pack(arrays: list[np.ndarray]) -> bytes:
    """The arrays, in order, as a compressed .npz."""
    content = io.BytesIO()
    np.savez_compressed(content, *arrays)
    return content.getvalue()


def unpack(path: Path) -> list[np.ndarray]:
    """What `pack` wrote into a file."""
    with np.load(path) as stored:
        return [stored[f"arr_{i}"] for i in range(len(stored.files))]
