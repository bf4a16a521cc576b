#!/usr/bin/env python3
"""Measure the flash and the RAM that a network takes on microcontrollers without an operating system.

Each file is exported as C (tools/export_c.py), built for every board of tflite/micro/bare_metal and run there under
QEMU. Sizes are read from the linker's map, without the photograph in flash; of the stack what the run has used.

--instructions counts what one run of the network executes on each board, by kind of layer, in millions. Instructions
are not cycles: memory that is slow, and processors that do two things at once, are not in them.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402

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
    from ffkeras.firmware.measure import measure_on_boards

    rows, failures, title = measure_on_boards(
        options.models, options.boards, options.photo, plain=options.plain, count=options.instructions
    )
    print(title, "", *rows, *failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    cli.run(main)
