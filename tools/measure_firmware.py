#!/usr/bin/env python3
"""Measure the flash and the RAM that a network takes on microcontrollers without an operating system.

Each file is exported as C (tools/export_c.py), built for every board of tflite/micro/bare_metal and run there under
QEMU. Sizes are read from the linker's map, without the photograph in flash; of the stack what the run has used.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402

PHOTOGRAPH = ROOT / "tests" / "data" / "photos" / "astronaut.jpg"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="int8 .tflite files")
    parser.add_argument("--boards", nargs="+", metavar="BOARD", help="default: all of boards.txt")
    parser.add_argument("--photo", type=Path, default=PHOTOGRAPH, metavar="FILE", help="default: a portrait")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Build, run, print the table; exits 1 where something does not fit or does not run."""
    options = parse_arguments(arguments)
    from ffkeras.firmware.boards import compiler_version, list_boards, run_board
    from ffkeras.firmware.c_network import export_c
    from ffkeras.firmware.footprint import read_footprint, table_lines
    from ffkeras.runtime import read_model

    boards = {board.name: f"{board.name}, {board.processor}" for board in list_boards()}
    chosen = options.boards or list(boards)
    for name in chosen:
        if name not in boards:
            raise UserError(f"{name} is not a board; choose from {', '.join(boards)}.")
    version = compiler_version()
    models = [(path, read_model(path)) for path in options.models]

    rows, failures = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, (path, model) in enumerate(models):
            network = Path(folder) / f"network_{number}"
            export_c(model, path.name, network, "network")
            for name in chosen:
                firmware = Path(folder) / name
                try:
                    printed = run_board(name, network, options.photo, firmware)
                    footprint = read_footprint(firmware / "firmware.map", printed["stack_bytes"])
                    rows.append((path.stem, boards[name], footprint))
                except UserError as error:
                    failures.append(f"{path.name} on {name}: {error}")
    print(f"Bytes; {version}, -O2.", "", *table_lines(rows), *failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    cli.run(main)
