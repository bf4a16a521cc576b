"""Damaging bytes and texts at random, the same way for the same generator."""

import random
import struct
import zlib

NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 30000, 65500)
WORDS = ("1e39", "-1e39", "3.4028236e38", "nan", "inf", "-0", "1_0", "0x10", "1e-400", "9" * 400, "#", "# ", "\0", "é")
PNG = b"\x89PNG\r\n\x1a\n"


def mutate(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """One to eight damages: bits, numbers in either byte order, cuts, repetitions, pieces of other files."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if not changed:
            break
        # headers decide most, so half of the damage is there
        place = rng.randrange(min(len(changed), 128) if rng.random() < 0.5 else len(changed))
        kind = rng.randrange(8)
        if kind == 0:
            changed[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[place] = rng.randrange(256)
        elif kind in (2, 3):
            form = rng.choice(("<H", ">H", "<I", ">I"))
            number = struct.pack(form, rng.choice(NUMBERS) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
            changed[place : place + len(number)] = number
        elif kind == 4:
            del changed[place : place + rng.randint(1, 64)]
        elif kind == 5:
            changed[place:place] = changed[place : place + rng.randint(1, 256)] * rng.randint(1, 4)
        elif kind == 6:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            changed[place:place] = other[start : start + rng.randint(1, 256)]
        elif rng.random() < 0.3:
            del changed[place:]
    return mend_png(bytes(changed)) if rng.random() < 0.7 else bytes(changed)


def mend_png(data: bytes) -> bytes:
    """A PNG file with right check sums, so that damage gets past them; anything else as it is."""
    if not data.startswith(PNG):
        return data
    mended, place = bytearray(PNG), len(PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        body = data[place + 4 : place + 8 + length]
        mended += data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + length
    return bytes(mended)


def mutate_text(text: str, rng: random.Random) -> str:
    """One to six damages: words put in the place of others, lines doubled, left out or broken."""
    lines = text.splitlines()
    for _ in range(rng.randint(1, 6)):
        if not lines:
            break
        at, kind = rng.randrange(len(lines)), rng.randrange(5)
        if kind < 3:
            words = lines[at].split(" ")
            words[rng.randrange(len(words))] = rng.choice(WORDS)
            lines[at] = " ".join(words)
        elif kind == 3:
            lines.insert(at, rng.choice(lines))
        else:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    return "\n".join(lines)
