"""An int8 file for measuring time and memory, which depend on shapes, not on what the weights say."""

import numpy as np

from ffkeras.conversion.tflite import convert
from ffkeras.models.featherface import FeatherFace

CALIBRATION_IMAGES = 2  # of noise: enough for ranges that convert


def convert_quickly(model: FeatherFace, image_size: tuple[int, int], xnnpack_passes: bool) -> bytes:
    """Convert a network to int8 by post-training quantization on noise: `tools/convert_tflite.py --post-training`.

    Args:
        model: the network.
        image_size: (height, width) of the input in pixels, multiples of 32.
        xnnpack_passes: as `convert` takes it: with them for time on XNNPACK, without for TFLite Micro.

    Raises:
        UserError: int8 cannot express the network.
    """
    rng = np.random.default_rng(0)
    canvases = [rng.integers(0, 256, (*image_size, 3), dtype=np.uint8) for _ in range(CALIBRATION_IMAGES)]
    return convert(model, image_size, canvases, xnnpack_passes=xnnpack_passes)
