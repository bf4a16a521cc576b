"""What the attack begins with: whole files of every kind, made anew."""

import random
import re
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from ffkeras.runtime.checksum import file_checksum, find_checksum
from ffkeras.runtime.flatbuffer import BrokenFileError, find_metadata_buffer
from ffkeras.runtime.metadata import METADATA_NAME
from tests.fuzz.mutate import NUMBERS, mutate, mutate_text

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "tflite" / "models" / "nano_b_micro_160_int8.tflite"
SUFFIXES = (".png", ".jpg", ".bmp", ".webp", ".tif", ".ppm", ".pgm", ".pam", ".pfm", ".hdr")
KINDS = ("picture", "label", "model", "graph")  # of files; a graph has the checksum of its damage
LABELS = "# 0.png\n10 12 40 44 20 21 0 30 21 0 25 30 0 21 36 0 29 36 0 0.9\n1 2 30 30\n# 0.png\n3 4 5 6\n"


def pictures() -> list[bytes]:
    """A small picture of every kind, grey, deep, progressive and animated ones among them."""
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    smooth = cv2.GaussianBlur(noise, (9, 9), 3)
    made = []
    for suffix in SUFFIXES:
        floats = suffix in (".pfm", ".hdr")
        for image in (
            (smooth / np.float32(255),) if floats else (smooth, noise[..., :1] if suffix != ".webp" else noise)
        ):
            written, data = cv2.imencode(suffix, image)
            if written:
                made.append(data.tobytes())
    made.append(cv2.imencode(".png", noise.astype(np.uint16) * 257)[1].tobytes())
    made.append(cv2.imencode(".tif", noise.astype(np.uint16) * 257)[1].tobytes())
    made.append(cv2.imencode(".jpg", smooth, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes())
    made.append(animated_png())
    return made


def png_chunk(name: bytes, data: bytes) -> bytes:
    """A chunk with its length and check sum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def animated_png(count: int = 3, side: int = 8) -> bytes:
    """An animated PNG of so many square frames."""
    rows = zlib.compress(b"".join(b"\0" + bytes([9 * row] * 3 * side) for row in range(side)))
    parts = [
        png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        png_chunk(b"acTL", struct.pack(">II", count, 0)),
    ]
    for number in range(count):
        control = struct.pack(">IIIIIHHBB", max(0, 2 * number - 1), side, side, 0, 0, 1, 10, 0, 0)
        parts.append(png_chunk(b"fcTL", control))
        parts.append(
            png_chunk(b"IDAT", rows) if not number else png_chunk(b"fdAT", struct.pack(">I", 2 * number) + rows)
        )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


class Attack:
    """Gives damaged files of one of KINDS without end; the same for the same seed."""

    def __init__(self, kind: str, seed: int):
        self._rng = random.Random(f"{kind} {seed}")
        self._make = {"picture": self._picture, "label": self._label, "model": self._record, "graph": self._graph}[kind]
        self._pictures = pictures() if kind == "picture" else []
        self._file = MODEL.read_bytes() if kind in ("model", "graph") else b""

    def next(self) -> bytes:
        """The next damaged file."""
        return self._make()

    def _picture(self) -> bytes:
        return mutate(self._rng.choice(self._pictures), self._rng, self._pictures)

    def _label(self) -> bytes:
        if self._rng.random() < 0.3:
            return mutate(LABELS.encode(), self._rng, [LABELS.encode()])
        return mutate_text(LABELS, self._rng).encode()

    def _record(self) -> bytes:
        """Damage anywhere, or a record with other numbers and a right checksum."""
        if self._rng.random() < 0.5:
            return mutate(self._file, self._rng, [self._file])
        place = find_metadata_buffer(self._file, METADATA_NAME)
        numbers = [found.span() for found in re.finditer(rb"\d+", self._file[place])]
        first, last = self._rng.choice(numbers)
        other = str(self._rng.choice(NUMBERS)).encode()[: last - first].rjust(last - first)
        changed = bytearray(self._file)
        changed[place.start + first : place.start + last] = other
        return with_checksum(bytes(changed))

    def _graph(self) -> bytes:
        """Damage that keeps the length, outside of the record, with a right checksum."""
        changed = bytearray(self._file)
        record = find_metadata_buffer(self._file, METADATA_NAME)
        for _ in range(self._rng.randint(1, 4)):
            place = self._rng.randrange(len(changed))
            if not record.start <= place < record.stop:
                changed[place] = self._rng.randrange(256)
        return with_checksum(bytes(changed))


def with_checksum(model: bytes) -> bytes:
    """A model with the checksum of what it is, where it still has a place for one."""
    try:
        place = find_metadata_buffer(model, METADATA_NAME)
    except BrokenFileError:
        return model
    digits = find_checksum(model, place) if place else None
    if digits is None:
        return model
    return model[: digits.start] + file_checksum(model, digits) + model[digits.stop :]
