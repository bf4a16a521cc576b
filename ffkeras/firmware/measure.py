"""What networks take on the emulated boards: bytes of flash and RAM, or instructions."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ffkeras.errors import UserError
from ffkeras.firmware.boards import compiler_version, find_board, list_boards, run_board
from ffkeras.firmware.c_network import export_c
from ffkeras.firmware.c_network.network import lower_network
from ffkeras.firmware.footprint import read_footprint, table_lines
from ffkeras.firmware.instructions import instruction_lines, read_instructions
from ffkeras.firmware.sound_graph import reading_graph, require_sound_graph
from ffkeras.runtime import read_model
from ffkeras.tflite_file.graph import TfliteGraph

PLAIN = "-DFFKERAS_PLAIN_C"


class OnBoards(NamedTuple):
    """What was measured.

    Attributes:
        table: lines of Markdown, one for each file on each board.
        failures: a sentence for each pair that does not fit or does not run.
        title: unit, compiler and its flags.
    """

    table: list[str]
    failures: list[str]
    title: str


def measure_on_boards(
    paths: Sequence[Path], boards: Sequence[str] | None, photo: Path, *, plain: bool, count: bool
) -> OnBoards:
    """Export each file as C, build it for every board and run it there under QEMU.

    Args:
        paths: int8 .tflite files.
        boards: their names; None for all of boards.txt.
        photo: any image, which the firmware searches.
        plain: in plain C, without the DSP extension and Helium where there are any.
        count: count instructions by kind of layer, in millions, instead of bytes.

    Raises:
        UserError: an unknown board, a file that cannot be exported, or no compiler.
    """
    chosen = [find_board(name) for name in boards] if boards else list_boards()
    flags = [PLAIN] if plain else []
    version = compiler_version()
    models = [(path, read_model(path)) for path in paths]
    for path, _ in models:
        require_sound_graph(path)

    rows, failures = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, (path, model) in enumerate(models):
            network = Path(folder) / f"network_{number}"
            with reading_graph(str(path)):
                export_c(model, path.name, network, "network")
                layers = lower_network(TfliteGraph(model), path.name) if count else None
            for board in chosen:
                firmware = Path(folder) / board.name
                try:
                    printed = run_board(board.name, network, photo, firmware, flags=flags, count=count)
                    if count:
                        measured = read_instructions(printed).by_kind(layers)
                    else:
                        measured = read_footprint(firmware / "firmware.map", printed["stack_bytes"])
                    rows.append((path.stem, f"{board.name}, {board.processor}", measured))
                except UserError as error:
                    failures.append(f"{path.name} on {board.name}: {error}")
    title = f"{'Millions of instructions' if count else 'Bytes'}; {' '.join([version, '-O2', *flags])}."
    return OnBoards(instruction_lines(rows) if count else table_lines(rows), failures, title)
