"""Where the flash and the RAM of a firmware go."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ffkeras.firmware.link_map import Piece, read_link_map

CONSTANTS, CODE = (".rodata",), (".text",)
FLASH = (*CODE, *CONSTANTS, ".ARM.exidx", ".data")  # .data twice: its first values lie in flash
RAM = (".data", ".bss")
PICTURE = "flash_picture.o"


@dataclass(frozen=True)
class Footprint:
    """Bytes of a firmware, without the picture that the demonstration keeps in flash.

    Args:
        network_code: the layers and the kernels.
        weights: and the other constants of the network.
        detection_code: letterbox, decoding, suppression.
        other_flash: start-up, JSON, parts of the C library.
        arena: of the network.
        working: memory of letterboxing and decoding, with the list of faces.
        stack: as far as it was used.
        other_ram: variables of the C library.
        picture: in flash, and not part of `flash`.
    """

    network_code: int
    weights: int
    detection_code: int
    other_flash: int
    arena: int
    working: int
    stack: int
    other_ram: int
    picture: int

    @property
    def flash(self) -> int:
        """All bytes of flash but the picture."""
        return self.network_code + self.weights + self.detection_code + self.other_flash

    @property
    def ram(self) -> int:
        """All bytes of RAM, of the stack those that were used."""
        return self.arena + self.working + self.stack + self.other_ram


def read_footprint(path: str | os.PathLike, stack: int) -> Footprint:
    """Sort the pieces of a firmware of `tflite/micro/bare_metal/run.sh`.

    Args:
        path: of its firmware.map.
        stack: bytes that were used, which the firmware prints.

    Raises:
        UserError: the map cannot be read.
    """
    pieces = read_link_map(path)
    network_code = _size(pieces, CODE, _is_network)
    weights = _size(pieces, CONSTANTS, _is_network)
    detection_code = _size(pieces, CODE + CONSTANTS, lambda piece: piece.name == "faces.o")
    picture = _size(pieces, FLASH, lambda piece: piece.name == PICTURE)
    arena = _size(pieces, RAM, _is_network)
    working = _size(pieces, RAM, lambda piece: piece.name == "detection.o")
    everything = _size(pieces, FLASH, lambda piece: True)
    return Footprint(
        network_code=network_code,
        weights=weights,
        detection_code=detection_code,
        other_flash=everything - network_code - weights - detection_code - picture,
        arena=arena,
        working=working,
        stack=stack,
        other_ram=_size(pieces, RAM, lambda piece: True) - arena - working,
        picture=picture,
    )


def _is_network(piece: Piece) -> bool:
    return piece.name.startswith(("network.", "int8_"))


def _size(pieces: Iterable[Piece], sections: tuple[str, ...], belongs: Callable[[Piece], bool]) -> int:
    return sum(piece.size for piece in pieces if piece.section in sections and belongs(piece))


def table_lines(rows: Iterable[tuple[str, str, Footprint]]) -> list[str]:
    """A Markdown table of (model, board, footprint), in bytes, a line each."""
    header = ("file", "board", "network's code", "weights", "detection", "rest", "**flash**", "arena", "working")
    lines = ["| " + " | ".join((*header, "stack", "rest", "**RAM**")) + " |", "|---" * 12 + "|"]
    for model, board, of in rows:
        flash = (of.network_code, of.weights, of.detection_code, of.other_flash, of.flash)
        sizes = (*flash, of.arena, of.working, of.stack, of.other_ram, of.ram)
        lines.append(f"| {model} | {board} | " + " | ".join(f"{size:,}" for size in sizes) + " |")
    return lines
