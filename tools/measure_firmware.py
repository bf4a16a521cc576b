#!/usr/bin/env python3
"""Measure the flash and the RAM that a network takes on microcontrollers without an operating system.

Each file is exported as C (tools/export_c.py), built for every board of tflite/micro/bare_metal and run there under
QEMU. Sizes are read from the linker's map, without the photograph in flash; of the stack what the run has used.

--instructions counts what one run of the network executes on each board, by kind of layer, in millions. Instructions
are not cycles: memory that is slow, and processors that do two things at once, are not in them.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402

PLAIN = "-DFFKERAS_PLAIN_C"
PHOTOGRAPH = ROOT / "tests" / "data" / "photos" / "astronaut.jpg"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="int8 .tflite files")
    parser.add_argument("--boards", nargs="+", metavar="BOARD", help="default: all of boards.txt")
    parser.add_argument("--photo", type=Path, default=PHOTOGRAPH, metavar="FILE", help="default: a portrait")
    parser.add_argument("--instructions", action="store_true", help="count instructions instead of bytes")
    parser.add_argument(
        "--plain", action="store_true", help="in plain C, without the DSP extension and Helium where there are any"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Build, run, print the table; exits 1 where something does not fit or does not run."""
    options = parse_arguments(arguments)
    from ffkeras.firmware.boards import compiler_version, find_board, list_boards, run_board
    from ffkeras.firmware.c_network import export_c
    from ffkeras.firmware.c_network.network import lower_network
    from ffkeras.firmware.footprint import read_footprint, table_lines
    from ffkeras.firmware.instructions import instruction_lines, read_instructions
    from ffkeras.firmware.sound_graph import reading_graph, require_sound_graph
    from ffkeras.runtime import read_model
    from ffkeras.tflite_file.graph import TfliteGraph

    chosen = [find_board(name) for name in options.boards] if options.boards else list_boards()
    flags = [PLAIN] if options.plain else []
    version = compiler_version()
    models = [(path, read_model(path)) for path in options.models]
    for path, _ in models:
        require_sound_graph(path)

    rows, failures = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, (path, model) in enumerate(models):
            network = Path(folder) / f"network_{number}"
            with reading_graph(str(path)):
                export_c(model, path.name, network, "network")
                layers = lower_network(TfliteGraph(model), path.name) if options.instructions else None
            for board in chosen:
                firmware = Path(folder) / board.name
                try:
                    printed = run_board(
                        board.name, network, options.photo, firmware, flags=flags, count=options.instructions
                    )
                    if options.instructions:
                        measured = read_instructions(printed).by_kind(layers)
                    else:
                        measured = read_footprint(firmware / "firmware.map", printed["stack_bytes"])
                    rows.append((path.stem, f"{board.name}, {board.processor}", measured))
                except UserError as error:
                    failures.append(f"{path.name} on {board.name}: {error}")
    unit = "Millions of instructions" if options.instructions else "Bytes"
    lines = instruction_lines(rows) if options.instructions else table_lines(rows)
    print(f"{unit}; {' '.join([version, '-O2', *flags])}.", "", *lines, *failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    cli.run(main)
