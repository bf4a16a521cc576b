"""Pictures are upright whatever kind of file they are in and whatever OpenCV makes of their orientation."""

import importlib.util
import io
import struct
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps, features

from ffkeras.errors import UserError
from ffkeras.image_header import HEIF_ORIENTATIONS, read_header
from ffkeras.images import decode_image, read_size, turn_upright

LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}
ORIENTATION = 274


def picture(scale=1):
    """No symmetry at all: each corner has a colour of its own."""
    image = np.zeros((32 * scale, 48 * scale, 3), np.uint8)
    y, x = 16 * scale, 24 * scale
    image[:y, :x], image[:y, x:], image[y:, :x], image[y:, x:] = (250, 9, 9), (9, 240, 9), (9, 9, 230), 200
    return image


def saved(kind, orientation, scale=1, **options):
    stream, exif = io.BytesIO(), Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(picture(scale)).save(stream, kind, exif=exif.tobytes(), **options)
    return stream.getvalue()


def upright(orientation, scale=1):
    """By another program's reading of the standard."""
    image, exif = Image.fromarray(picture(scale)), Image.Exif()
    exif[ORIENTATION] = orientation
    stream = io.BytesIO()
    image.save(stream, "PNG", exif=exif)
    return np.asarray(ImageOps.exif_transpose(Image.open(stream)))[..., ::-1]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", *LOSSLESS])
def test_every_orientation_of_every_kind_is_turned_once(kind, orientation, tmp_path):
    data = saved(kind, orientation, **LOSSLESS.get(kind, {"quality": 95}))
    decoded, expected = decode_image(data, "turned"), upright(orientation)
    assert decoded.shape == expected.shape
    assert np.abs(decoded.astype(int) - expected).mean() < 8  # JPEG
    (tmp_path / "turned").write_bytes(data)
    assert read_size(tmp_path / "turned") == expected.shape[1::-1]


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(orientation):
    np.testing.assert_array_equal(decode_image(saved("PNG", orientation), "x"), picture()[..., ::-1])


def test_damaged_exif_does_not_cost_the_picture():
    whole = saved("JPEG", 6)
    start = whole.index(b"Exif\0\0") + 6
    for at in range(start, start + 20):
        data = whole[:at] + b"\xff" + whole[at + 1 :]
        assert decode_image(data, "damaged").shape in ((32, 48, 3), (48, 32, 3))


@pytest.mark.parametrize("mirror", [None, 0, 1])
@pytest.mark.parametrize("quarter", range(4))
def test_turn_and_mirror_of_heif_are_those_of_exif(mirror, quarter):
    expected = np.rot90(picture(), quarter)  # to the left, as `irot` counts
    expected = {None: expected, 0: expected[::-1], 1: expected[:, ::-1]}[mirror]
    np.testing.assert_array_equal(turn_upright(picture(), HEIF_ORIENTATIONS[mirror][quarter]), expected)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8])
def test_avif_is_read_and_turned(orientation):
    data = saved("AVIF", orientation, quality=95)
    header = read_header(data)
    assert (header.kind, header.width, header.height, header.orientation) == ("AVIF", 48, 32, orientation)
    assert np.abs(decode_image(data, "x.avif").astype(int) - upright(orientation)).mean() < 10


@pytest.mark.skipif(importlib.util.find_spec("pillow_heif") is None, reason="there is no pillow-heif")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_read_and_turned_once(orientation, monkeypatch):
    from pillow_heif import register_heif_opener

    for table in (Image.EXTENSION, Image.MIME, Image.OPEN, Image.SAVE):  # Pillow's own state, which comes back
        for name, entry in list(table.items()):
            monkeypatch.setitem(table, name, entry)
    register_heif_opener()
    data = saved("HEIF", orientation, scale=2, quality=95)  # HEVC's smallest side is 64
    header = read_header(data)
    assert (header.kind, header.width, header.height, header.orientation) == ("HEIC", 96, 64, orientation)
    decoded, expected = decode_image(data, "x.heic"), upright(orientation, scale=2)
    assert decoded.shape == expected.shape == (*header.upright_size[::-1], 3)
    assert np.abs(decoded.astype(int) - expected).mean() < 10
    with pytest.raises(UserError, match="x.heic is not an image that OpenCV can read, or it is truncated"):
        decode_image(data[: len(data) // 2], "x.heic")


def test_heif_without_a_decoder_is_one_sentence_that_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not installed

    def box(name, content):
        return struct.pack(">I4s", 8 + len(content), name) + content

    size = box(b"ispe", struct.pack(">III", 0, 40, 30))
    meta = box(b"meta", b"\0" * 4 + box(b"iprp", box(b"ipco", size + box(b"irot", b"\x01"))))
    data = box(b"ftyp", b"heic\0\0\0\0mif1") + meta
    assert read_header(data).upright_size == (30, 40)
    with pytest.raises(UserError, match="photo.heic is HEIC, which no decoder here reads; install pillow-heif, or"):
        decode_image(data, "photo.heic")
