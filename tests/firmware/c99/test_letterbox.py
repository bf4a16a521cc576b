import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from c_faces import FaceImage, face_model

from ffkeras.geometry import AnchorConfig, letterbox

ANCHORS = AnchorConfig(sizes=((16, 32), (64, 128), (256, 512)))
CENTRED = (128, 128, 128)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def check(c_faces, image, image_size):
    """Every byte of the input, and the way back, against Python and OpenCV."""
    values, fitted = c_faces.letterbox(face_model(image_size, ANCHORS, {}), image)
    canvas, expected = letterbox(image, image_size, CENTRED)
    np.testing.assert_array_equal(values.view(np.uint8) ^ 0x80, canvas)
    assert (fitted.scale_x, fitted.scale_y) == (np.float32(expected.scale_x), np.float32(expected.scale_y))
    assert (fitted.source_height, fitted.source_width) == expected.source_size


@pytest.mark.parametrize(
    ("size", "image_size"),
    [
        ((160, 160), (160, 160)),  # as it is
        ((320, 320), (160, 160)),  # halved: OpenCV averages four pixels
        ((320, 192), (160, 160)),  # halved, with something to fill at the right
        ((321, 320), (160, 160)),
        ((80, 80), (160, 160)),
        ((1, 1), (160, 160)),
        ((1, 4000), (160, 160)),
        ((4000, 1), (160, 160)),
        ((2, 3), (96, 160)),
        ((1080, 1920), (320, 320)),
        ((480, 640), (640, 640)),
        ((97, 161), (96, 160)),
    ],
)
def test_bytes_are_those_of_opencv(c_faces, size, image_size):
    check(c_faces, noise(*size), image_size)


@pytest.mark.parametrize("seed", range(8))
def test_bytes_are_those_of_opencv_for_any_size(c_faces, seed):
    random = np.random.default_rng(seed)
    for number in range(25):
        image_size = tuple(32 * random.integers(1, 11, 2).astype(int))
        largest = random.choice([40, 400, 1500])
        height, width = random.integers(1, largest, 2)
        check(c_faces, noise(height, width, number), tuple(map(int, image_size)))


def test_a_cut_out_of_a_larger_picture_needs_no_copy(c_faces):
    check(c_faces, noise(300, 400)[20:220, 31:331], (160, 160))


def test_a_picture_with_its_bottom_row_first_needs_no_copy(c_faces):
    check(c_faces, noise(50, 40)[::-1], (160, 160))


@pytest.mark.parametrize("quantization", [(1.0, 0), (0.98, 3), (0.5, -7), (2.3, -128)])
def test_pixels_are_quantised_as_the_runtime_does(c_faces, quantization):
    mean = (104, 117, 123.5)
    scale, zero_point = quantization
    image = noise(70, 50)
    model = face_model((96, 96), ANCHORS, {}, mean=mean, input_quantization=quantization)
    canvas, _ = letterbox(image, (96, 96), mean)
    expected = np.round((canvas - np.array(mean, np.float32)) / np.float32(scale)) + zero_point
    values, _ = c_faces.letterbox(model, image)
    np.testing.assert_array_equal(values, np.clip(expected, -128, 127).astype(np.int8))


def test_an_image_without_pixels_is_refused(c_faces):
    model = face_model((96, 96), ANCHORS, {})
    pixels = noise(4, 4)
    for address, width, height in [(None, 4, 4), (pixels.ctypes.data, 0, 4), (pixels.ctypes.data, 4, -1)]:
        assert c_faces.refuses(model, FaceImage(address, width, height, 12))
