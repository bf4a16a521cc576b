"""Reading image files of any kind into OpenCV's BGR uint8."""

import os
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from ffkeras.errors import UserError

# silent: errors are our sentences; OpenCV 4.14 moved the function
(cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel)(0)

PNG_SIGNATURE, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"  # first bytes, and the type of the last chunk (PNG, sec. 5)
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


def to_bgr(image: np.ndarray) -> np.ndarray:
    """Bring any decoded image to uint8 BGR [H, W, 3]: 16-bit is scaled to 8, grey repeated, alpha dropped.

    Raises:
        ValueError: not an image of 1 to 4 channels.
    """
    if image.dtype == np.uint16:
        image = (image / 257.0).round().astype(np.uint8)
    elif image.dtype != np.uint8:
        low, high = float(image.min()), float(image.max())
        scale = 255.0 if low >= 0.0 and high <= 1.0 else 1.0
        image = np.clip(image * scale, 0, 255).astype(np.uint8)
    if image.ndim == 2:
        image = image[..., None]
    channels = image.shape[2] if image.ndim == 3 else 0
    if channels not in (1, 2, 3, 4):
        raise ValueError(f"an image of shape {image.shape} has no BGR meaning")
    if channels <= 2:
        image = np.repeat(image[..., :1], 3, axis=2)
    return np.ascontiguousarray(image[..., :3])


def decode_image(data: bytes, name: str) -> np.ndarray:
    """Decode an image file's bytes to uint8 BGR [H, W, 3], turned upright by its EXIF orientation.

    Raises:
        UserError: empty, truncated beyond decoding, or not an image; the sentence names `name`.
    """
    if not data:
        raise UserError(f"{name} is empty; replace it with an image.")
    image = None
    if not _is_cut_png(data):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    if image is None:
        raise UserError(f"{name} is not an image that OpenCV can read, or it is truncated; replace it.")
    return to_bgr(image)


def _is_cut_png(data: bytes) -> bool:
    """libpng would print a line of its own about such a file."""
    return data.startswith(PNG_SIGNATURE) and PNG_END not in data


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read an image file as uint8 BGR [H, W, 3]; 16-bit, grey and alpha images are brought to that form.

    Raises:
        UserError: missing, unreadable, empty, truncated or not an image.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; check the path.") from error
    return decode_image(data, str(path))


def list_images(inputs: Iterable[str | os.PathLike]) -> list[Path]:
    """List files as given and folders' image files (recursive, sorted, by suffix).

    Raises:
        UserError: an input does not exist, or a folder holds no image.
    """
    found: list[Path] = []
    for entry in map(Path, inputs):
        if entry.is_dir():
            inside = sorted(p for p in entry.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
            if not inside:
                raise UserError(f"{entry} holds no image ({', '.join(IMAGE_SUFFIXES)}); name another folder.")
            found += inside
        elif entry.exists():
            found.append(entry)
        else:
            raise UserError(f"{entry} does not exist; check the path.")
    return found
