"""The map that GNU ld writes: which file has how many bytes in which section."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ffkeras.errors import UserError

START = "Linker script and memory map"
SIZE = r"0x[0-9a-f]+\s+0x(?P<size>[0-9a-f]+)"
OUTPUT_SECTION = re.compile(rf"(?P<name>[.\w]+)\s+{SIZE}(\s+load address .*)?")
INPUT_SECTION = re.compile(rf" (?P<name>[.\w]\S*|\*fill\*)\s+{SIZE}(?P<file> \S.*)?")
MEMBER = re.compile(r"[^/]*\((?P<object>[^)]+)\)")  # of an archive


@dataclass(frozen=True)
class Piece:
    """What one object file gave to one section of the firmware.

    Args:
        section: of the firmware, such as ".text".
        name: of the object file, such as "faces.o"; "" for what fills gaps.
        is_library: whether it came out of an archive, such as libm.a.
        size: bytes.
    """

    section: str
    name: str
    is_library: bool
    size: int


def read_link_map(path: str | os.PathLike) -> list[Piece]:
    """List the pieces of the sections of a firmware; parts that the linker threw away are not among them.

    Args:
        path: a file that `ld -Map=FILE` wrote.

    Raises:
        UserError: it cannot be read, or is not such a map.
    """
    try:
        text = Path(path).read_text(errors="replace")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; link the firmware first.") from error
    _, found, memory = text.partition(START)
    if not found:
        raise UserError(f"{path} is not a map of GNU ld; link with -Wl,-Map={path}.")
    return list(_pieces(memory))


def _pieces(memory: str) -> Iterator[Piece]:
    section = ""
    for line in _joined_lines(memory):
        output = OUTPUT_SECTION.fullmatch(line)
        if output:
            section = output["name"]
            continue
        match = INPUT_SECTION.fullmatch(line)
        if match and section and (match["file"] or match["name"] == "*fill*"):
            yield _piece(section, (match["file"] or "").strip(), int(match["size"], 16))


def _piece(section: str, file: str, size: int) -> Piece:
    name = PurePosixPath(file).name
    member = MEMBER.fullmatch(name)
    return Piece(section, member["object"] if member else name, member is not None, size)


def _joined_lines(memory: str) -> Iterator[str]:
    """Lines without the break that ld puts behind a long name."""
    pending = ""
    for line in memory.splitlines():
        if re.fullmatch(r" ?[.\w]\S*", line):
            pending = line
        else:
            yield pending + line.rstrip()
            pending = ""
