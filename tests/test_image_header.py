import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ffkeras.errors import UserError
from ffkeras.image_header import HeaderError, read_header
from ffkeras.images import LARGEST_DECODED, LARGEST_FILE, LARGEST_IMAGE, decode_image, read_image, to_bgr
from ffkeras.png import still_png

WRITTEN = {  # suffix -> kind; 70 x 50 pixels
    ".png": "PNG",
    ".jpg": "JPEG",
    ".bmp": "BMP",
    ".webp": "WebP",
    ".tif": "TIFF",
    ".ppm": "PNM",
    ".pgm": "PNM",
    ".pfm": "PFM",
    ".hdr": "HDR",
    ".pam": "PAM",
}


def noise(dtype=np.uint8):
    return np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype(dtype)


def written(suffix):
    data = noise(np.float32) / 255 if suffix in (".pfm", ".hdr") else noise()
    return cv2.imencode(suffix, data[..., 0] if suffix == ".pgm" else data)[1].tobytes()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, rows=None, depth=8, colour=2, extra=b""):
    rows = b"\0" * 64 if rows is None else rows
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + body


def animated_png():
    """An animated PNG of two frames, the second of which leaves the canvas."""
    first = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 1, 0, 0)
    second = struct.pack(">IIIIIHHBB", 1, 4000, 4000, 7, 7, 1, 1, 2, 1)
    rows = b"".join(b"\0" + bytes([9 * row] * 24) for row in range(8))
    whole = png(8, 8, rows, extra=chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", first))
    end = chunk(b"IEND", b"")
    frame = chunk(b"fcTL", second) + chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(rows))
    return whole[: -len(end)] + frame + end


@pytest.mark.parametrize("suffix", WRITTEN)
def test_the_declared_size_of_every_kind_is_the_decoded_one(suffix):
    header = read_header(written(suffix))
    assert (header.kind, header.width, header.height) == (WRITTEN[suffix], 70, 50)
    assert decode_image(written(suffix), "picture").shape == (50, 70, 3)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_either_byte_order_and_size_of_tiff_is_read(order, big):
    entry = order + ("HHQI4x" if big else "HHII")
    tags = [(256, 4, 1, 70000), (257, 4, 1, 9), (277, 4, 1, 3)]
    marks = {"<": b"II", ">": b"MM"}
    head = marks[order] + (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    body = struct.pack(order + ("Q" if big else "H"), len(tags)) + b"".join(struct.pack(entry, *tag) for tag in tags)
    header = read_header(head + body)
    assert (header.kind, header.width, header.height) == ("TIFF", 70000, 9)


@pytest.mark.parametrize(
    "data",
    [
        png(30000, 30000, depth=1, colour=0),
        png(2**31 - 1, 2**31 - 1),
        png(9000, 9000, depth=16, colour=6),
        b"P5\n40000 30000\n255\n",
        b"P5 # one\n#two\n40000\n30000 255\n",
        b"PF\n20000 20000\n-1\n",
        b"P7\nWIDTH 40000\nHEIGHT 40000\nDEPTH 3\nMAXVAL 255\nENDHDR\n",
        b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 20000 +X 20000\n" + b"\2\2\2\2",
        b"BM" + struct.pack("<IHHIIiiHH", 99, 0, 0, 54, 40, 40000, -40000, 1, 24) + bytes(24),
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (16383).to_bytes(3, "little") * 2,
    ],
    ids=lambda data: repr(data[:6]),
)
def test_a_size_above_the_limit_is_refused_before_the_decoder_sees_it(data, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(UserError, match="big.png declares .* above the limit of .* million for .*; make it smaller"):
        decode_image(data, "big.png")


@pytest.mark.parametrize(
    "data",
    [png(0, 5), png(5, 0), b"P6\n0 5\n255\n", b"PF\n0 9\n-1\n", b"#?RGBE\n\n-Y 0 +X 9\n", b"GIF89a" + bytes(9)],
    ids=lambda data: repr(data[:6]),
)
def test_a_picture_without_pixels_is_one_sentence(data):
    with pytest.raises(UserError, match="flat is not an image"):
        decode_image(data, "flat")


def test_an_animation_gives_its_first_picture_and_never_reaches_the_decoder():
    data = animated_png()
    still = still_png(data)
    assert b"acTL" in data and b"fcTL" in data and b"fdAT" in data
    assert not any(name in still for name in (b"acTL", b"fcTL", b"fdAT"))
    image = decode_image(data, "moving.png")
    np.testing.assert_array_equal(image[:, 0, 0], np.arange(8) * 9)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[:-5], "truncated"),
        (lambda data: data.replace(b"IDAT", b"IDAX"), "not an image"),
        (lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], "IDAT chunk is damaged"),
        (lambda data: data[:33] + data[8:33] + data[33:], "two IHDR chunks"),
    ],
)
def test_a_damaged_png_says_how(damage, sentence):
    with pytest.raises(UserError, match=sentence):
        decode_image(damage(png(4, 4, (b"\0" + b"abcdefghijkl") * 4)), "x.png")


@pytest.mark.parametrize("suffix", [".jp2", ".ras"])
def test_a_kind_whose_decoder_is_not_trusted_never_reaches_it(suffix, monkeypatch):
    data = cv2.imencode(suffix, noise())[1].tobytes()
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(UserError, match="none of PNG, JPEG, GIF, BMP, WebP, TIFF, AVIF, HEIC, Netpbm and HDR"):
        decode_image(data, "x")


def test_a_jpeg_of_very_many_scans_is_refused():
    data = cv2.imencode(".jpg", noise(), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert decode_image(data, "x.jpg").shape == (50, 70, 3)
    with pytest.raises(UserError, match="500 scans|5.. scans"):
        decode_image(data[:-2] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" * 500 + data[-2:], "x.jpg")


def test_values_that_are_no_numbers_are_refused():
    data = cv2.imencode(".pfm", np.full((4, 4, 3), np.nan, np.float32))[1].tobytes()
    with pytest.raises(UserError, match="values that are not numbers"):
        decode_image(data, "x.pfm")
    with pytest.raises(ValueError, match="not numbers"):
        to_bgr(np.full((2, 2), np.inf))


@pytest.mark.parametrize("error", [cv2.error("out of memory"), MemoryError(), SystemError("null"), RuntimeError("x")])
def test_whatever_the_decoder_raises_is_one_sentence(error, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(cv2, "imdecode", fail)
    with pytest.raises(UserError, match="x.bmp is not an image"):
        decode_image(written(".bmp"), "x.bmp")


def test_a_file_above_the_limit_is_not_read(tmp_path):
    with (tmp_path / "hole.png").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(UserError, match="hole.png has 256,000,001 bytes, above the limit"):
        read_image(tmp_path / "hole.png")


def test_all_sixteen_bit_values_are_rounded_to_the_nearest():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(to_bgr(values)[..., 0], np.round(values / 257).astype(np.uint8))


@settings(max_examples=100)
@given(st.sampled_from(sorted(WRITTEN)), st.data())
def test_mutated_headers_give_a_picture_within_the_limits_or_one_error(suffix, data):
    changed = bytearray(written(suffix))
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, min(len(changed), 200) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(changed[: data.draw(st.integers(1, len(changed)))])
    try:
        header = read_header(changed)
    except HeaderError as error:
        assert "\n" not in str(error)
        return
    if header is not None and header.width * header.height * header.pixel_bytes < LARGEST_DECODED // 100:
        try:
            image = decode_image(changed, "x")
        except UserError as error:
            assert str(error).startswith("x ") and "\n" not in str(error)
        else:
            assert image.shape[0] * image.shape[1] <= LARGEST_IMAGE
