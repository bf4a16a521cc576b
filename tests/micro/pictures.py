"""Pictures as files, as other programs write them and as nobody should."""

import struct

import cv2
import numpy as np

from ffkeras.images import read_image


def write_bmp(path, image, top_first=False):
    data = bytearray(cv2.imencode(".bmp", image[::-1] if top_first else image)[1].tobytes())
    if top_first:
        data[22:26] = struct.pack("<i", -image.shape[0])
    path.write_bytes(data)
    return path


def write_ppm(path, image, header=b"P6\n# a comment\n%d %d\n255\n"):
    height, width = image.shape[:2]
    path.write_bytes(header % (width, height) + cv2.cvtColor(image, cv2.COLOR_BGR2RGB).tobytes())
    return path


def copy_as_bmp(path, source):
    return write_bmp(path, read_image(source))


def damaged_pictures():
    """Name -> (bytes, what must be said of them)."""
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    bmp = cv2.imencode(".bmp", image)[1].tobytes()
    ppm = b"P6\n7 9\n255\n" + image.tobytes()

    def changed(offset, value):
        return bmp[:offset] + value + bmp[offset + len(value) :]

    return {
        "empty": (b"", "is empty"),
        "one byte": (b"B", "neither a BMP nor a binary PPM"),
        "png": (cv2.imencode(".png", image)[1].tobytes(), "neither a BMP nor a binary PPM"),
        "bmp, cut in its header": (bmp[:40], "is truncated"),
        "bmp, cut in its pixels": (bmp[:-8], "is truncated"),
        "bmp of 8 bits": (cv2.imencode(".bmp", image[..., 0])[1].tobytes(), "24 bits"),
        "bmp, compressed": (changed(30, struct.pack("<I", 1)), "without compression"),
        "bmp without width": (changed(18, struct.pack("<i", 0)), "no width or height"),
        "bmp of negative width": (changed(18, struct.pack("<i", -7)), "no width or height"),
        "bmp of the lowest height": (changed(22, struct.pack("<I", 0x80000000)), "no width or height"),
        "bmp of 2 ** 31 - 1 a side": (changed(18, struct.pack("<ii", 2**31 - 1, 2**31 - 1)), "16384 pixels a side"),
        "bmp of 16384 a side": (changed(18, struct.pack("<ii", 16384, -16384)), "is truncated"),
        "bmp that starts behind its end": (changed(10, struct.pack("<I", 2**32 - 1)), "is truncated"),
        "bmp that starts in its header": (changed(10, struct.pack("<I", 0)), "is truncated"),
        "ppm, cut in its header": (ppm[:5], "is truncated"),
        "ppm, cut in its pixels": (ppm[:-1], "is truncated"),
        "ppm, only a comment": (b"P6 # 3 3 255", "is truncated"),
        "ppm of words": (b"P6 three 3 255\n" + bytes(27), "damaged PPM header"),
        "ppm of 16 bits": (b"P6 3 3 65535\n" + bytes(54), "8 bits a channel"),
        "ppm of endless digits": (b"P6 " + b"9" * 5000 + b" 1 255\n", "16384 pixels a side"),
        "ppm without height": (b"P6 3 0 255\n", "no width or height"),
    }
