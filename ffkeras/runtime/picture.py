"""Arrays of any kind as the picture that they show, or one sentence: never a wrong guess that looks like an answer."""

import numpy as np

from ffkeras.errors import UserError
from ffkeras.images import drop_alpha, repeat_grey

FULL_SCALES = (255, 1023, 4095, 16383, 65535)  # white, of 8 to 16 bits: the least that holds what is there is meant
OVERSHOOT = 0.5  # of the full scale, by which a resize with cubic or Lanczos weights may exceed it
DARK = -0.05  # of the full scale; below it a resize brings few values, and a scale from -1 to 1 many
FEW = 0.02  # as a share of all values
PALEST = 16  # of 255: floating-point pictures without a value above it are of another scale
HINT = "give uint8 BGR [H, W, 3], as cv2.imread does"


def to_picture(image: np.ndarray) -> np.ndarray:
    """Any array that shows a picture, as uint8 BGR [H, W, 3]; a uint8 BGR one as it is.

    Grey [H, W], [H, W, 1] and [H, W, 2] is repeated, the last of 2 and 4 channels is alpha and left out. Integers are 8
    bits where none is above 255, else 10, 12, 14 or 16. Floating point is 0..1, -1..1 or as integers, by its range;
    what a resize overshoots is cut off. Byte order, strides and read-only arrays do not matter.

    Raises:
        UserError: not an array, without pixels, channels first, a batch, not finite, or numbers of no such range.
    """
    if image is None:
        raise UserError("there is no image (None): cv2.imread gives that where it cannot read a file; check its path.")
    if not isinstance(image, np.ndarray):
        raise UserError(f"an image should be a numpy array, not {type(image).__name__}; {HINT}.")
    colours = _colours(np.asarray(image))  # a masked array or matrix is its numbers
    if colours.dtype != np.uint8:
        colours = _eight_bits(colours)
    return repeat_grey(colours)


def _colours(image: np.ndarray) -> np.ndarray:
    """The colours, [H, W, 1 or 3], without alpha."""
    if not image.size:
        raise UserError(f"an image of shape {image.shape} has no pixels; give one of at least 1 x 1.")
    colours = drop_alpha(image)
    if colours is not None:
        return colours
    if image.ndim == 3 and image.shape[0] in (1, 3, 4):
        raise UserError(
            f"an image of shape {image.shape} has its channels first; give image.transpose(1, 2, 0), in BGR."
        )
    if image.ndim == 4:
        raise UserError(f"an array of shape {image.shape} is a batch of images; give them one by one.")
    raise UserError(f"an image of shape {image.shape} has no BGR meaning; give [H, W] or [H, W, 1 to 4].")


def _eight_bits(colours: np.ndarray) -> np.ndarray:
    """Numbers of any other type than uint8, as uint8."""
    if colours.dtype == bool:
        return colours.astype(np.uint8) * np.uint8(255)
    if colours.dtype.kind not in "iuf":
        raise UserError(f"an image of {colours.dtype} has no numbers that are pixels; {HINT}.")
    low, high = float(colours.min()), float(colours.max())
    if not np.isfinite(low) or not np.isfinite(high):  # what is not finite somewhere shows in one of the two
        raise UserError(
            "an image has values that are not finite (NaN or infinite); replace them, with numpy.nan_to_num."
        )
    scale, shift = _full_scale(colours, low, high)
    values = colours.astype(np.float32)
    values = (values + np.float32(shift)) * np.float32(255 / scale)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _full_scale(colours: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """What white is worth above black, and what is to be added so that black is 0."""
    is_float = colours.dtype.kind == "f"
    allowed = 1.0 if colours.dtype.kind == "u" else 1 + OVERSHOOT
    scales = (1, *FULL_SCALES) if is_float else FULL_SCALES
    scale = next((scale for scale in scales if high <= scale * allowed), None)
    if scale is not None and not (is_float and scale == FULL_SCALES[0] and high < PALEST):
        if low >= 0:
            return scale, 0
        if low >= -scale and np.mean(colours < DARK * np.clip(high, 0, scale)) < FEW:
            return scale, 0
        if scale == 1 and low >= -1 - OVERSHOOT:
            return 2, 1
    ranges = "0..1, -1..1, 0..255 or up to 16 bits" if is_float else "0..255 or up to 16 bits"
    raise UserError(f"an image of {colours.dtype} from {low:g} to {high:g} is none of {ranges}; {HINT}.")
