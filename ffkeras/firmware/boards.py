"""The emulated boards of `tflite/micro/bare_metal/`: which there are, and what a network prints on one."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ffkeras.errors import UserError

BARE_METAL = Path(__file__).resolve().parents[2] / "tflite" / "micro" / "bare_metal"
COMPILER = "arm-none-eabi-gcc"


@dataclass(frozen=True)
class Board:
    """One line of `boards.txt`.

    Args:
        name: such as "an386".
        processor: such as "Cortex-M4".
        flags: of the compiler.
        machine: of QEMU.
    """

    name: str
    processor: str
    flags: tuple[str, ...]
    machine: str


def list_boards() -> list[Board]:
    """All boards, in the order of `boards.txt`."""
    lines = (BARE_METAL / "boards.txt").read_text().splitlines()
    rows = ([field.strip() for field in line.split("|")] for line in lines if line and not line.startswith("#"))
    return [Board(name, processor, tuple(flags.split()), machine) for name, processor, flags, machine in rows]


def find_board(name: str) -> Board:
    """The board of that name. Raises UserError where there is none."""
    boards = {board.name: board for board in list_boards()}
    if name not in boards:
        raise UserError(f"{name} is not a board; choose from {', '.join(boards)}.")
    return boards[name]


def run_board(
    board: str, model: Path, photo: Path, folder: Path, *, flags: Sequence[str] = (), count: bool = False
) -> dict:
    """Build a firmware and run it under QEMU.

    Args:
        board: name of a board.
        model: an int8 .tflite file, or a folder that `tools/export_c.py --name network` wrote.
        photo: any image; a .bmp goes into the firmware as it is.
        folder: where firmware.elf and firmware.map stay.
        flags: that the compiler gets besides the board's, such as "-DFFKERAS_PLAIN_C".
        count: whether the instructions of each layer are counted.

    Returns:
        What the firmware prints: "width", "height", "input_crc32", "outputs_crc32", "faces", "stack_bytes", and with
        `count` what `ffkeras.firmware.instructions` reads.

    Raises:
        UserError: a tool is missing, an input cannot be used, the board is too small, or the firmware failed; the
            sentence is that of `run.sh`.
    """
    command = ["bash", str(BARE_METAL / "run.sh"), board, str(model), str(photo), str(folder)]
    environment = os.environ | {"COUNT_INSTRUCTIONS": "1" if count else ""}
    if flags:
        environment["CFLAGS"] = " ".join(flags)
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if result.returncode != 0:
        raise UserError(result.stderr.strip().removeprefix("error: ") or f"run.sh ended with {result.returncode}.")
    return json.loads(result.stdout)


def compiler_version() -> str:
    """The first line of what the compiler says of itself. Raises UserError where it is missing."""
    try:
        result = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"{COMPILER} is missing; install Debian's package gcc-arm-none-eabi.") from error
    return result.stdout.splitlines()[0]
