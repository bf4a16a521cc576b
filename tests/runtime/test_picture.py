import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector
from ffkeras.runtime.picture import to_picture

PHOTO = "tests/data/photos/astronaut.jpg"


@pytest.fixture(scope="module")
def photo():
    return read_image(__file__.replace("tests/runtime/test_picture.py", PHOTO))


@pytest.fixture(scope="module")
def unit(photo):
    return (photo / 255).astype(np.float32)


@pytest.fixture(scope="module")
def detector():
    return FaceDetector("nano_b_320")


SAME = {
    "uint8": lambda a: a,
    "0..1": lambda a: a / 255,
    "0..1 float16": lambda a: (a / 255).astype(np.float16),
    "-1..1": lambda a: a / 127.5 - 1,
    "0..255": lambda a: a.astype(np.float32),
    "big-endian float": lambda a: (a / 255).astype(">f4"),
    "16 bit": lambda a: a.astype(np.uint16) * 257,
    "16 bit big-endian": lambda a: (a.astype(np.uint16) * 257).astype(">u2"),
    "16 bit in int32": lambda a: a.astype(np.int32) * 257,
    "16 bit in float": lambda a: a.astype(np.float64) * 257,
    "12 bit": lambda a: np.rint(a * (4095 / 255)).astype(np.uint16),
    "10 bit": lambda a: np.rint(a * (1023 / 255)).astype(">u2"),
    "8 bit in uint16": lambda a: a.astype(np.uint16),
    "8 bit in int64": lambda a: a.astype(np.int64),
    "RGBA": lambda a: np.dstack([a, np.full_like(a[..., 0], 7)]),
    "16 bit RGBA": lambda a: np.dstack([np.rint(a * (4095 / 255)), np.full(a.shape[:2], 65535)]).astype(np.uint16),
    "mirrored view": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "fortran": np.asfortranarray,
    "masked": np.ma.masked_array,
}


@pytest.mark.parametrize("kind", SAME)
def test_the_same_picture_in_other_numbers(photo, kind):
    picture = to_picture(SAME[kind](photo))
    assert (picture.dtype, picture.shape) == (np.uint8, photo.shape)
    assert picture.flags["C_CONTIGUOUS"]
    assert np.abs(picture.astype(int) - photo).max() <= 1


@pytest.mark.parametrize("interpolation", [cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("signed", [False, True])
def test_what_a_resize_overshoots_is_cut_off(unit, interpolation, signed):
    large = cv2.resize(unit, None, fx=1.3, fy=1.3, interpolation=interpolation)
    assert large.min() < 0
    assert large.max() > 1
    given = large * 2 - 1 if signed else large
    expected = np.clip(large, 0, 1) * 255
    assert np.abs(to_picture(given) - expected).max() <= 1
    assert np.abs(to_picture(large * 255) - expected).max() <= 1


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 2)])
def test_grey_is_repeated(shape):
    picture = to_picture(np.full(shape, 40, np.uint8))
    np.testing.assert_array_equal(picture, np.full((5, 7, 3), 40))


def test_a_mask_is_black_and_white():
    np.testing.assert_array_equal(to_picture(np.array([[True, False]]))[..., 0], [[255, 0]])


def test_what_is_black_stays_black():
    for dtype in (np.float32, np.int16, np.uint16, bool):
        assert not to_picture(np.zeros((2, 2, 3), dtype)).any()


def test_the_array_is_left_as_it_was(unit):
    before = unit.copy()
    to_picture(unit)
    assert np.array_equal(before, unit)


REFUSED = {
    "NaN": (lambda u: np.where(np.arange(3) == 1, np.nan, u), "not finite"),
    "infinite": (lambda u: np.where(np.arange(3) == 1, -np.inf, u), "not finite"),
    "channels first": (lambda u: u.transpose(2, 0, 1), r"channels first; give image.transpose\(1, 2, 0\)"),
    "batch": (lambda u: u[None], "is a batch of images"),
    "five channels": (lambda u: np.zeros((9, 9, 5)), "no BGR meaning"),
    "row": (lambda u: u.ravel(), "no BGR meaning"),
    "empty": (lambda u: u[:0], "no pixels"),
    "standardised": (lambda u: (u - 0.45) / 0.225, "is none of 0..1, -1..1, 0..255"),
    "mean taken off": (lambda u: u * 255 - 128, "is none of"),
    "small": (lambda u: u * 10, "is none of"),
    "int8": (lambda u: (u * 255 - 128).astype(np.int8), "is none of"),
    "32 bit": (lambda u: (u * 4e9).astype(np.uint32), "is none of"),
    "huge": (lambda u: u * 1e9, "is none of"),
    "complex": (lambda u: u.astype(complex), "complex128 has no numbers that are pixels"),
    "objects": (lambda u: u.astype(object), "object has no numbers"),
    "list": (lambda u: [[1, 2]], "should be a numpy array, not list"),
    "None": (lambda u: None, "cv2.imread gives that"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_no_clear_meaning_is_one_sentence(detector, unit, kind):
    make, sentence = REFUSED[kind]
    with pytest.raises(UserError, match=sentence) as refused:
        detector.detect(make(unit))
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("kind", ["-1..1", "12 bit", "16 bit big-endian", "fortran"])
def test_the_detector_finds_the_face_in_all_of_them(detector, photo, kind):
    assert len(detector.detect(SAME[kind](photo))) == 1


def test_a_read_only_view_is_taken(detector, photo):
    view = photo[:, :]
    view.setflags(write=False)
    assert len(detector.detect(view)) == 1
