"""Reading image files of any kind into OpenCV's BGR uint8."""

import importlib.util
import os
import re
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.files import read_bytes
from ffkeras.image_header import HeaderError, ImageHeader, read_header, upright_tiff
from ffkeras.kinds import IMAGE_SUFFIXES, Kind, file_kind
from ffkeras.png import still_png

# silent: errors are our sentences; OpenCV 4.14 moved the function
(cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel)(0)

MILLION = 1_000_000
LARGEST_IMAGE = 64 * MILLION  # pixels, and
LARGEST_DECODED = 600 * MILLION  # bytes while decoding, so that a program stays below 1 GB
LARGEST_FILE = 256 * MILLION  # bytes
AS_STORED = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
HEIF = {  # what else decodes it where OpenCV does not
    "AVIF": "pillow, version 11.3 or later",
    "HEIC": "pillow-heif",
}


def drop_alpha(image: np.ndarray) -> np.ndarray | None:
    """[H, W] or [H, W, 1 to 4] as [H, W, 1 or 3], without the last of 2 and 4 channels; None of another shape."""
    if image.ndim == 2:
        return image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 2, 3, 4):
        return None
    return image[..., :1] if image.shape[2] <= 2 else image[..., :3]


def repeat_grey(colours: np.ndarray) -> np.ndarray:
    """[H, W, 1 or 3] as [H, W, 3], in one piece."""
    return np.ascontiguousarray(np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours)


def to_bgr(image: np.ndarray) -> np.ndarray:
    """Bring any decoded image to uint8 BGR [H, W, 3]: 16-bit is scaled to 8, grey repeated, alpha dropped.

    White is what the file's type says; of arrays that come without a file, `ffkeras.runtime.picture` has to find it.

    Raises:
        ValueError: not an image of 1 to 4 channels, or with values that are not finite.
    """
    colours = drop_alpha(_eight_bits(image))
    if colours is None:
        raise ValueError(f"an image of shape {image.shape} has no BGR meaning")
    return repeat_grey(colours)


def _eight_bits(image: np.ndarray) -> np.ndarray:
    if image.dtype == np.uint16:
        return cv2.convertScaleAbs(image, alpha=1 / 257)
    if image.dtype == np.uint8:
        return image
    if not np.isfinite(image).all():
        raise ValueError("an image with values that are not numbers")
    low, high = float(image.min()), float(image.max())
    scale = 255.0 if low >= 0.0 and high <= 1.0 else 1.0
    return np.clip(image * scale, 0, 255).astype(np.uint8)


def decode_image(data: bytes, name: str) -> np.ndarray:
    """Decode an image file's bytes to uint8 BGR [H, W, 3], turned upright by its EXIF orientation.

    Every picture of the library comes through here. What the file declares is read first; OpenCV sees neither
    an animation, of which only the first picture counts, nor a size above the limits, nor an orientation, which each of
    its versions reads from other kinds of files.

    Raises:
        UserError: empty, too large, truncated beyond decoding, not an image, or of a kind that needs another decoder;
            the sentence names `name`.
    """
    if not data:
        raise UserError(f"{name} is empty; replace it with an image.")
    kind = "none of PNG, JPEG, GIF, BMP, WebP, TIFF, AVIF, HEIC, Netpbm and HDR"
    try:
        header = read_header(data)
        if header is None:
            raise ValueError(kind)
        kind = header.kind
        check_size(header, name)
        if header.kind == "PNG":
            data = still_png(data)
        elif header.kind == "TIFF":
            data = upright_tiff(data)
        orientation = header.orientation
        if header.kind == "HEIC":
            image, orientation = _decode_heic(data, name), 1
        elif header.kind == "AVIF":
            image = _decode_avif(data, name)
        else:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), AS_STORED)
        del data  # as large as the picture, perhaps
        if image is None or not image.size:
            raise ValueError(kind)
        return turn_upright(to_bgr(image), orientation)
    except UserError:
        raise
    except Exception as error:  # OpenCV raises its own kind, MemoryError and others, by what the damage leads to
        reason = " ".join(str(error).split())[:160] if isinstance(error, ValueError) else kind
        raise UserError(
            f"{name} is not an image that OpenCV can read, or it is truncated ({reason}); replace it."
        ) from error


def can_decode(kind: str) -> bool:
    """Whether pictures of a kind, as `file_kind` names it, can be decoded here: HEIC and AVIF need more than OpenCV."""
    if kind == "HEIC":
        return importlib.util.find_spec("pillow_heif") is not None
    if kind == "AVIF":
        return _pillow_has_avif() or re.search(r"\bAVIF:\s+(?!NO\b)", cv2.getBuildInformation()) is not None
    return True


def _pillow_has_avif() -> bool:
    try:
        from PIL import features
    except ImportError:
        return False
    return "avif" in features.modules and features.check("avif")


def turn_upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """A stored picture [H, W, ...] as it is to be seen, by Exif's orientation, 1..8."""
    if orientation in (5, 6, 7, 8):
        image = np.swapaxes(image, 0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def _decode_heic(data: bytes, name: str) -> np.ndarray:
    """HEIC, upright: its decoder follows `irot` and `imir` itself. Raises UserError where it is not installed."""
    try:
        from pillow_heif import open_heif
    except ImportError:
        raise _without_decoder("HEIC", name) from None
    picture = open_heif(data, convert_hdr_to_8bit=True, bgr_mode=True)  # the primary one of several
    return np.array(picture)  # a copy: the pixels are the decoder's own, and go with it


def _decode_avif(data: bytes, name: str) -> np.ndarray:
    """AVIF, as stored, by the first decoder that is here. Raises UserError where there is none."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), AS_STORED)  # versions that know it do not turn it
    if image is not None:
        return image
    if not _pillow_has_avif():
        raise _without_decoder("AVIF", name)
    import io

    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))[..., ::-1]


def _without_decoder(kind: str, name: str) -> UserError:
    return UserError(f"{name} is {kind}, which no decoder here reads; install {HEIF[kind]}, or convert it.")


def check_size(header: ImageHeader, name: str) -> None:
    """Refuse a picture that declares too many pixels, before memory is taken for it. Raises UserError."""
    most = min(LARGEST_IMAGE, LARGEST_DECODED // header.pixel_bytes)
    if header.width * header.height > most:
        raise UserError(
            f"{name} declares {header.width} x {header.height} pixels, above the limit of {most / MILLION:.0f} "
            f"million for {header.kind}; make it smaller."
        )


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read an image file as uint8 BGR [H, W, 3]; 16-bit, grey and alpha images are brought to that form.

    Raises:
        UserError: missing, unreadable, no regular file, empty, too large, truncated or not an image.
    """
    return decode_image(read_bytes(path, LARGEST_FILE), str(path))


def read_size(path: str | os.PathLike) -> tuple[int, int]:
    """(width, height) of the upright picture that an image file declares, in pixels; nothing is decoded.

    Raises:
        UserError: missing, unreadable, no regular file, or not an image.
    """
    try:
        header = read_header(read_bytes(path, LARGEST_FILE))
    except HeaderError as error:
        raise UserError(f"{path} is not a readable image ({error}); replace it.") from error
    if header is None:
        raise UserError(f"{path} is not a readable image; replace it.")
    return header.upright_size


def list_images(inputs: Iterable[str | os.PathLike]) -> list[Path]:
    """List files as given and folders' image files (recursive, sorted), which are told by their content.

    Raises:
        UserError: an input does not exist or cannot be looked at, or a folder holds no image.
    """
    found: list[Path] = []
    for entry in map(Path, inputs):
        try:
            is_folder, exists = entry.is_dir(), entry.exists()
        except (OSError, ValueError) as error:  # a name that is too long, or with a zero byte
            raise UserError(f"cannot read {entry}: {getattr(error, 'strerror', error)}; check the path.") from error
        if is_folder:
            inside = [path for path in files_below(entry) if file_kind(path).kind == Kind.IMAGE]
            if not inside:
                raise UserError(f"{entry} holds no image ({', '.join(IMAGE_SUFFIXES)}); name another folder.")
            found += inside
        elif exists:
            found.append(entry)
        else:
            raise UserError(f"{entry} does not exist; check the path.")
    return found


def files_below(folder: Path) -> list[Path]:
    """All files in a folder and its folders, sorted, but for hidden ones, which are other programs' notes."""
    found = (path for path in folder.rglob("*") if not any(p.startswith(".") for p in path.relative_to(folder).parts))
    return sorted(path for path in found if not path.is_dir())
