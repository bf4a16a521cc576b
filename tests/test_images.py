import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.images import decode_image, list_images, read_image, to_bgr

ROTATED_BY_EXIF = bytes.fromhex(
    "ffe100224578696600004d4d002a00000008000101120003000000010006000000000000"
)  # orientation 6


def picture():
    rows, columns = np.mgrid[:40, :60]
    return np.stack([columns * 4, rows * 6, np.full_like(rows, 90)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (picture(), picture()),
        (picture().astype(np.uint16) * 257, picture()),
        (picture()[..., 0], np.repeat(picture()[..., :1], 3, axis=2)),
        (np.dstack([picture(), np.full((40, 60), 7, np.uint8)]), picture()),
        (picture()[:1, :1], picture()[:1, :1]),
    ],
    ids=["colour", "16-bit", "grey", "alpha", "one pixel"],
)
def test_any_png_is_read_as_bgr(tmp_path, made, expected):
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), made)
    image = read_image(path)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, expected)


def test_a_photograph_is_turned_upright():
    data = cv2.imencode(".jpg", picture())[1].tobytes()
    turned = decode_image(data[:2] + ROTATED_BY_EXIF + data[2:], "turned.jpg")
    assert turned.shape == (60, 40, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_a_truncated_image_is_named(tmp_path, capfd, suffix):
    data = cv2.imencode(suffix, picture())[1].tobytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match=f"cut{suffix}.*truncated"):
        read_image(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_image_is_named(tmp_path, data):
    path = tmp_path / "note.jpg"
    path.write_bytes(data)
    with pytest.raises(UserError, match="note.jpg"):
        read_image(path)


def test_a_missing_image_is_named(tmp_path):
    with pytest.raises(UserError, match="gone.jpg"):
        read_image(tmp_path / "gone.jpg")


def test_floating_point_arrays_are_taken_by_their_range():
    unit = np.full((2, 2, 3), 0.5, np.float32)
    np.testing.assert_array_equal(to_bgr(unit), np.full((2, 2, 3), 127))
    np.testing.assert_array_equal(to_bgr(unit * 400), np.full((2, 2, 3), 200))


def test_five_channels_have_no_meaning():
    with pytest.raises(ValueError, match="no BGR meaning"):
        to_bgr(np.zeros((2, 2, 5), np.uint8))


def test_folders_are_listed_with_their_subfolders_and_files_as_given(tmp_path):
    for name in ("b.png", "a/c.JPG", "a/readme.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert list_images([tmp_path]) == [tmp_path / "a/c.JPG", tmp_path / "b.png"]
    assert list_images([tmp_path / "a/readme.txt"]) == [tmp_path / "a/readme.txt"]


def test_missing_inputs_and_folders_without_images_are_named(tmp_path):
    with pytest.raises(UserError, match="nowhere does not exist"):
        list_images([tmp_path / "nowhere"])
    with pytest.raises(UserError, match="holds no image"):
        list_images([tmp_path])
