#!/usr/bin/env python3
"""Write a part of a data set as YOLO text with keypoints: a small set of one's own to try docs/own-data.md with."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402


def main() -> None:
    """Copy pictures, evenly spread over the set, and write their labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a data set")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="must not exist")
    parser.add_argument("--train", type=int, default=300, metavar="N", help="pictures to learn from (%(default)s)")
    parser.add_argument("--val", type=int, default=200, metavar="N", help="pictures to measure with (%(default)s)")
    parser.add_argument("--test", type=int, default=0, metavar="N", help="others, for the end (%(default)s)")
    parser.add_argument(
        "--on-its-side", action="store_true", help="turn each by a quarter to the left, as a camera sees that hangs so"
    )
    options = parser.parse_args()
    if options.output.exists():
        raise UserError(f"{options.output} is there already; choose another --output.")
    from ffkeras.data.yolo_sample import write_yolo_sample

    write_yolo_sample(options.folder, options.output, options.train, options.val, options.test, options.on_its_side)
    print(f"{options.output}: {options.train} pictures to learn from, {options.val + options.test} to measure with")


if __name__ == "__main__":
    cli.run(main)
