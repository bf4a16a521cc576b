"""What an image file says about itself, read before any decoder allocates memory or sees a byte.

PNG (W3C 2003), JPEG (ITU-T T.81), GIF89a, BMP, WebP (RFC 9649), TIFF 6.0 and BigTIFF, AVIF and HEIC (ISO/IEC 23008-12),
Netpbm and Radiance HDR; not JPEG 2000, because OpenCV 4.11's decoder dies of damaged files. Orientation is Exif's
(CIPA DC-008, tag 274), in AVIF and HEIC that of the properties `irot` and `imir`. Plain Python.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

BGR_BYTES = 3  # of a pixel of the result
FLOAT_COPIES = 3  # float pixels are scaled and clipped on their way to uint8
TIFF_WIDTH, TIFF_LENGTH, TIFF_BITS, TIFF_SAMPLES, TIFF_TILE_WIDTH, TIFF_TILE_LENGTH = 256, 257, 258, 277, 322, 323
TIFF_ORIENTATION = 274
TIFF_TAGS = (TIFF_WIDTH, TIFF_LENGTH, TIFF_BITS, TIFF_SAMPLES, TIFF_TILE_WIDTH, TIFF_TILE_LENGTH, TIFF_ORIENTATION)
UPRIGHT, SIDEWAYS = 1, (5, 6, 7, 8)  # values of Exif's orientation; those that exchange width and height
TIFF_FORMATS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # of whole numbers, by the type's number
PNG_SAMPLES = {0: 1, 2: 3, 3: 4, 4: 4, 6: 4}  # that OpenCV's decoder has for a pixel, by colour type
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF markers
JPEG_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
JPEG_SCAN, JPEG_END = b"\xff\xda", b"\xff\xd9"
MOST_AFTER_END = 1 << 16  # bytes that other programs may have added to a PNG
JPEG_EXIF, EXIF = 0xE1, b"Exif\0\0"  # the marker, and what its content begins with
MOST_SCANS = 100  # of a JPEG: encoders write about ten, and each takes as long as a picture
NETPBM_HEAD = 4096  # bytes in which the numbers of a Netpbm file should be
HDR_HEAD = 65536  # and the size of a Radiance file


class HeaderError(ValueError):
    """A header that no careful reader would trust; the message says why, and has no full stop."""


@dataclass(frozen=True)
class ImageHeader:
    """What the first bytes of an image file declare.

    Args:
        kind: "PNG", "JPEG" and so on.
        width, height: in pixels, as stored; at least 1.
        pixel_bytes: memory for each pixel while the file is decoded and brought to uint8 BGR.
        orientation: how the stored picture is to be turned, 1..8 as in Exif; 1 is upright.
    """

    kind: str
    width: int
    height: int
    pixel_bytes: int
    orientation: int = UPRIGHT

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) of the picture once it is turned upright."""
        return (self.height, self.width) if self.orientation in SIDEWAYS else (self.width, self.height)


def read_header(data: bytes) -> ImageHeader | None:
    """The declared kind and size of an image file, or None where it is of no known kind.

    Raises:
        HeaderError: of a known kind, but cut, contradictory, or without pixels.
    """
    for _, pattern, read in READERS:
        if re.match(pattern, data, re.DOTALL):
            try:
                header = read(data)
            except (struct.error, IndexError, ValueError) as error:
                raise error if isinstance(error, HeaderError) else HeaderError("its header is cut") from error
            if header.width < 1 or header.height < 1:
                raise HeaderError(f"it declares {header.width} x {header.height} pixels")
            return header
    return None


def end_is_missing(data: bytes, kind: str) -> bool:
    """Whether a file of a kind that marks or declares its end stops before it, as half a copy does."""
    if kind == "JPEG":
        return data.rfind(JPEG_END) <= data.rfind(JPEG_SCAN)  # equal where it has neither
    if kind == "PNG":
        return b"IEND" not in data[-MOST_AFTER_END:]
    if kind == "WebP":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if kind == "BMP":
        return len(data) < int.from_bytes(data[2:6], "little")
    return False


def _png(data: bytes) -> ImageHeader:
    length, name, width, height, depth, colour = struct.unpack_from(">I4sIIBB", data, 8)
    if name != b"IHDR" or length != 13:
        raise HeaderError("its first chunk is not IHDR")
    samples = PNG_SAMPLES.get(colour, 4)
    orientation = UPRIGHT
    for kind, place, size in _png_chunks(data):
        if kind == b"eXIf":
            orientation = _exif_orientation(data[place : place + size])
    return ImageHeader("PNG", width, height, samples * (2 if depth == 16 else 1) + BGR_BYTES, orientation)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its content begins, length) as far as the file has them."""
    place = 8
    while place + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        yield name, place + 8, length
        place += 12 + length


def _jpeg(data: bytes) -> ImageHeader:
    scans = data.count(JPEG_SCAN)
    if scans > MOST_SCANS:
        raise HeaderError(f"it has {scans} scans, where {MOST_SCANS} are plenty")
    found, orientation = None, UPRIGHT
    for marker, place in _jpeg_segments(data):
        if marker == JPEG_EXIF and data[place : place + len(EXIF)] == EXIF and orientation == UPRIGHT:
            (length,) = struct.unpack_from(">H", data, place - 2)
            orientation = _exif_orientation(data[place : place - 2 + length])
        if marker in JPEG_FRAMES:
            if found:
                raise HeaderError("it declares its size twice")
            height, width, components = struct.unpack_from(">HHB", data, place + 1)
            whole = marker in JPEG_PROGRESSIVE or scans > 1  # all coefficients are held at once, 16 bits each
            pixel_bytes = max(components, 3) * (3 if whole else 1) + BGR_BYTES
            found = ImageHeader("JPEG", width, height, pixel_bytes)
    if not found:
        raise HeaderError("it declares no size")
    return replace(found, orientation=orientation)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """(marker, where its content begins) up to the first scan; stray bytes are passed over, as libjpeg does."""
    place = 2
    while True:
        place = data.find(b"\xff", place)
        while place >= 0 and place < len(data) and data[place] == 0xFF:
            place += 1
        if place < 0 or place >= len(data):
            return
        marker = data[place]
        place += 1
        if marker == JPEG_SCAN[1] or marker == 0xD9:
            return
        if marker in JPEG_ALONE or marker == 0:
            continue
        (length,) = struct.unpack_from(">H", data, place)
        yield marker, place + 2
        place += max(length, 2)


def _gif(data: bytes) -> ImageHeader:
    return ImageHeader("GIF", *struct.unpack_from("<HH", data, 6), 4 + BGR_BYTES)


def _bmp(data: bytes) -> ImageHeader:
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return ImageHeader("BMP", width, abs(height), 4 + BGR_BYTES)


def _webp(data: bytes) -> ImageHeader:
    """The largest size that any chunk declares: canvas, frames and bitstreams."""
    sizes, orientation = [], UPRIGHT
    for name, place, length in _riff_chunks(data, 12):
        if name == b"EXIF":
            orientation = _exif_orientation(data[place : place + length])
        sizes += _webp_sizes(data, name, place)
        if name == b"ANMF":
            inside = _riff_chunks(data[: place + length], place + 16)
            sizes += [size for inner, start, _ in inside for size in _webp_sizes(data, inner, start)]
    if not sizes:
        raise HeaderError("it declares no size")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return ImageHeader("WebP", width, height, 8 + BGR_BYTES, orientation)


def _riff_chunks(data: bytes, place: int) -> Iterator[tuple[bytes, int, int]]:
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        yield name, place + 8, length
        place += 8 + length + length % 2


def _webp_sizes(data: bytes, name: bytes, place: int) -> list[tuple[int, int]]:
    if name == b"VP8X":
        return [_webp_24_bits(data, place + 4)]
    if name == b"ANMF":
        return [_webp_24_bits(data, place + 6)]
    if name == b"VP8L":
        bits = struct.unpack_from("<I", data, place + 1)[0]
        return [((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)]
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, place + 6)
        return [(width & 0x3FFF, height & 0x3FFF)]
    return []


def _webp_24_bits(data: bytes, place: int) -> tuple[int, int]:
    """Two numbers of three bytes, each one less than it means."""
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (place, place + 3))
    return width, height


def _exif_orientation(data: bytes) -> int:
    """The orientation, 1..8, in Exif data, which is a TIFF file without a picture; upright where it is damaged."""
    try:
        found = _tiff_tags(data.removeprefix(EXIF))[TIFF_ORIENTATION]
    except (struct.error, IndexError):
        return UPRIGHT
    return found if 1 <= found <= 8 else UPRIGHT


def _tiff(data: bytes) -> ImageHeader:
    values = _tiff_tags(data)
    sample_bytes = max(1, values[TIFF_BITS] // 8)
    copies = FLOAT_COPIES if sample_bytes > 2 else 1
    pixel_bytes = max(4, values[TIFF_SAMPLES]) * sample_bytes * copies + BGR_BYTES
    width = max(values[TIFF_WIDTH], values[TIFF_TILE_WIDTH]) if values[TIFF_WIDTH] else 0
    height = max(values[TIFF_LENGTH], values[TIFF_TILE_LENGTH]) if values[TIFF_LENGTH] else 0
    return ImageHeader("TIFF", width, height, pixel_bytes, _exif_orientation(data))


def _tiff_tags(data: bytes) -> dict[int, int]:
    """The first of the whole numbers of each of TIFF_TAGS in the first directory, 0 where it is not there."""
    values = dict.fromkeys(TIFF_TAGS, 0)
    for tag, _, order, big, place, kind, length in _tiff_entries(data):
        if tag in values and kind in TIFF_FORMATS:
            values[tag] = max(values[tag], _tiff_value(data, order, big, place, kind, length))
    return values


def _tiff_entries(data: bytes) -> Iterator[tuple[int, int, str, bool, int, int, int]]:
    """(tag, where its value stands, byte order, whether BigTIFF, where the entry begins, type, count) of each entry."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    (place,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, place)
    place += 8 if big else 2
    for _ in range(min(count, 65535)):
        tag, kind, length = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, place)
        yield tag, place + (12 if big else 8), order, big, place, kind, length
        place += 20 if big else 12


def upright_tiff(data: bytes) -> bytes:
    """A TIFF file that says it is upright: some versions of OpenCV turn the pixels by its orientation, others do not.

    Raises:
        struct.error: its directory is cut.
    """
    turned = bytearray(data)
    for tag, value, order, _, _, kind, _ in _tiff_entries(data):
        if tag == TIFF_ORIENTATION and kind in TIFF_FORMATS:
            struct.pack_into(order + TIFF_FORMATS[kind], turned, value, UPRIGHT)
    return bytes(turned)


def _tiff_value(data: bytes, order: str, big: bool, place: int, kind: int, length: int) -> int:
    """The first of a tag's whole numbers, which stand in the tag itself where they fit."""
    form = order + TIFF_FORMATS[kind]
    at = place + (12 if big else 8)
    if length * struct.calcsize(form) > (8 if big else 4):
        (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, at)
    return struct.unpack_from(form, data, at)[0]


def _netpbm(data: bytes) -> ImageHeader:
    head = re.sub(rb"#[^\n\r]*", b"", data[:NETPBM_HEAD])
    if data[1:2] == b"7":
        fields = {name: re.search(rb"\b" + name + rb"\s+(\d{1,9})\b", head) for name in (b"WIDTH", b"HEIGHT", b"DEPTH")}
        if not all(fields.values()):
            raise HeaderError("it declares no size")
        width, height, depth = (int(found[1]) for found in fields.values())
        return ImageHeader("PAM", width, height, 2 * max(depth, 4) + BGR_BYTES)
    found = re.match(rb"P[1-6fF]\s+(\d{1,9})\s+(\d{1,9})\s", head)
    if not found:
        raise HeaderError("it declares no size")
    pixel_bytes = 12 * FLOAT_COPIES if data[1:2] in b"fF" else 8
    return ImageHeader("PFM" if data[1:2] in b"fF" else "PNM", int(found[1]), int(found[2]), pixel_bytes + BGR_BYTES)


def _hdr(data: bytes) -> ImageHeader:
    found = re.search(rb"\n[-+]([XY])\s+(\d{1,9})\s+[-+]([XY])\s+(\d{1,9})\s*\n", data[:HDR_HEAD])
    if not found or found[1] == found[3]:
        raise HeaderError("it declares no size")
    first, second = int(found[2]), int(found[4])
    width, height = (second, first) if found[1] == b"Y" else (first, second)
    return ImageHeader("HDR", width, height, 12 * FLOAT_COPIES + BGR_BYTES)


def _heif(data: bytes) -> ImageHeader:
    """AVIF and HEIC: the largest size that any property declares; `imir` mirrors what `irot` has turned."""
    kind = "AVIF" if data[8:12] in (b"avif", b"avis") else "HEIC"
    (meta, properties) = ([], [])
    for name, place, end in _boxes(data, 0, len(data)):
        if name == b"meta":
            meta = [(inner, start, stop) for inner, start, stop in _boxes(data, place + 4, end)]
    for name, place, end in meta:
        if name == b"iprp":
            properties = [box for _, start, stop in _boxes(data, place, end) for box in _boxes(data, start, stop)]
    sizes = [struct.unpack_from(">II", data, place + 4) for name, place, _ in properties if name == b"ispe"]
    if not sizes:
        raise HeaderError("it declares no size")
    quarter = next((data[place] & 3 for name, place, _ in properties if name == b"irot"), 0)
    mirror = next((data[place] & 1 for name, place, _ in properties if name == b"imir"), None)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return ImageHeader(kind, width, height, 16 + BGR_BYTES, HEIF_ORIENTATIONS[mirror][quarter])


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its content begins, where it ends) of each box between two places."""
    while place + 8 <= min(end, len(data)):
        length, name = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, start)
            start += 8
        elif length == 0:
            length = end - place
        if length < start - place:
            return
        yield name, start, min(place + length, end)
        place += length


HEIF_ORIENTATIONS = {  # by `imir`: none, 0 exchanges top and bottom, 1 left and right; by quarter turns to the left
    None: (1, 8, 3, 6),
    0: (4, 5, 2, 7),
    1: (2, 7, 4, 5),
}

READERS: tuple[tuple[str, bytes, Callable[[bytes], ImageHeader]], ...] = (
    ("PNG", rb"\x89PNG\r\n\x1a\n", _png),
    ("JPEG", rb"\xff\xd8\xff", _jpeg),
    ("GIF", rb"GIF8[79]a", _gif),
    ("BMP", rb"BM", _bmp),
    ("WebP", rb"RIFF....WEBP", _webp),
    ("TIFF", rb"II[*+]\x00|MM\x00[*+]", _tiff),
    ("Netpbm", rb"P[1-6fF]\s|P7\n", _netpbm),
    ("HDR", rb"#\?(RADIANCE|RGBE)", _hdr),
    ("AVIF", rb"....ftyp(avif|avis)", _heif),
    ("HEIC", rb"....ftyp(heic|heix|hevc|heim|heis|mif1|msf1)", _heif),
)
