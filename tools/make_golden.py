#!/usr/bin/env python3
"""Make the golden set: pictures, and the faces that released files find in them, for the demos and for C to be held to.

To be run again whenever a file that it covers is replaced; --check tells whether it has to be.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.files import check_writable  # noqa: E402


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=ROOT / "tflite" / "models", help="folder of released files")
    parser.add_argument(
        "--photographs", type=Path, default=ROOT / "tests" / "data" / "photos", help="folder of the sources of pictures"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "golden", help="default: tests/golden")
    parser.add_argument("--check", action="store_true", help="write nothing; name what differs, and exit 1 if anything")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Write the set, or say how it differs from what would be written; 1 where it does."""
    options = parse_arguments(arguments)
    from ffkeras.golden.check import find_differences
    from ffkeras.golden.make import INDEX, make_golden, write_golden

    if not options.check:
        check_writable(options.output / INDEX)
    files = make_golden(options.models, options.photographs)
    if not options.check:
        write_golden(options.output, files)
        print(f"{options.output}: {len(files)} files, {sum(map(len, files.values())):,} bytes")
        return 0
    differences = find_differences(options.output, files)
    for sentence in differences:
        print(sentence)
    if differences:
        print(f"{options.output} differs in {len(differences)} points; make it again with tools/make_golden.py.")
        return 1
    print(f"{options.output} is what the released files give.")
    return 0


if __name__ == "__main__":
    cli.run(main)
