"""A PNG file without what a decoder does not need; above all without animation, which OpenCV 4.11 dies of."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")  # one still picture and its transparency
REPEATED = (b"IDAT",)
CHUNK_FRAME = 12  # bytes of length, type and CRC


def still_png(data: bytes) -> bytes:
    """The still picture of a PNG or animated PNG file: its chunks of the kinds KEPT, in their order.

    Raises:
        ValueError: cut, a chunk that is damaged, or one that may come once and comes again; the message says which.
    """
    parts, seen, place = [SIGNATURE], set(), len(SIGNATURE)
    while b"IEND" not in seen:
        if place + CHUNK_FRAME > len(data):
            raise ValueError("it is truncated")
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + CHUNK_FRAME + length
        if end > len(data):
            raise ValueError("it is truncated")
        if name in KEPT:
            if name in seen and name not in REPEATED:
                raise ValueError(f"it has two {name.decode()} chunks")
            if zlib.crc32(memoryview(data)[place + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
                raise ValueError(f"its {name.decode()} chunk is damaged")
            seen.add(name)
            parts.append(data[place:end])
        place = end
    return b"".join(parts)
