#!/usr/bin/env python3
"""Write training sets as TFRecord shards with an index, for sets that are larger than memory.

    tools/make_tfrecords.py data/ --output shards/          then: tools/train.py --data shards/ ...
    tools/make_tfrecords.py --check shards/

Every picture is decoded before it is written; one that cannot be is named and left out. Stopped at any time, the same
command goes on with the next shard. --check reads everything again.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli
from ffkeras.errors import UserError

MILLION = 1_000_000


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", metavar="FOLDER", help="of training data, as tools/train.py takes them")
    parser.add_argument("--output", type=Path, help="folder for the shards")
    parser.add_argument("--check", action="store_true", help="read the shards in FOLDER again")
    parser.add_argument("--shard-mb", type=int, default=256, help="largest shard, in million bytes (%(default)s)")
    parser.add_argument("--longest-side", type=int, help="make larger pictures so small, in pixels (all as they are)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="pictures read at once (%(default)s)")
    options = parser.parse_args()
    for name in ("shard_mb", "longest_side", "workers"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise UserError(f"--{name.replace('_', '-')} is {getattr(options, name)}; give 1 or more.")
    return options


def main() -> int:
    """Write shards, or check them; 1 where a picture is left out or damaged."""
    options = parse_arguments()
    if options.check:
        return check(options)
    if options.output is None:
        raise UserError("where should the shards go? Add --output FOLDER.")
    from ffkeras.data.dataset import read_dataset
    from ffkeras.data.shard_writer import EncodedFiles, write_shards

    images = EncodedFiles(read_dataset(options.data), options.longest_side)
    index = write_shards(images, options.output, options.shard_mb * MILLION, options.workers, shown)
    total = sum(shard.bytes for shard in index.shards)
    print(
        f"{options.output}: {index.training:,} images to train on, {index.held_out:,} held out, {index.faces:,} faces, "
        f"{len(index.shards)} shards of {total / MILLION:,.0f} million bytes; train with --data {options.output}"
    )
    return told(index.left_out, f"{len(index.left_out)} of {len(images)} pictures are left out.")


def check(options: argparse.Namespace) -> int:
    """Read all records of the folders; 1 where one is damaged."""
    from ffkeras.data.shard_writer import check_shards

    code = 0
    for folder in options.data:
        damaged = check_shards(Path(folder), options.workers, shown)
        code |= told(damaged, f"{folder}: {len(damaged)} damaged or missing.")
        if not damaged:
            print(f"{folder}: every record is as it was written")
    return code


def told(lines: Iterable[str], sum_up: str) -> int:
    """Print sentences of what is wrong, the sum below them; 1 where there are any."""
    if not lines:
        return 0
    for line in lines:
        print(f"error: {line}", file=sys.stderr)
    print(sum_up, file=sys.stderr)
    return 1


def shown(numbers: Iterable) -> Iterable:
    """The numbers, with a bar of progress and the time left."""
    from rich.progress import track

    return track(numbers, description="pictures")


if __name__ == "__main__":
    cli.run(main)
