#!/usr/bin/env python3
"""Read training data as tools/train.py does, without training, and print time and memory on the way.

    tools/measure_data.py --data shards/ --images 20000
    tools/measure_data.py --tiny 100000 --output tiny/      write a set of so many pictures of 32 x 32 first

Time is the processor's, of all threads. Memory is what is the process's own; pages of files, which the system takes
back at any time, are not counted.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli
from ffkeras.errors import UserError

MEGABYTE = 1 << 20
SHARD_BYTES = 16_000_000


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", help="folders as tools/train.py takes them; none: synthetic faces")
    parser.add_argument("--tiny", type=int, metavar="N", help="write shards of N tiny pictures, and read them")
    parser.add_argument("--output", type=Path, help="with --tiny: folder for the shards")
    parser.add_argument("--images", type=int, help="to read (an epoch)")
    parser.add_argument("--image-size", action=cli.ImageSizeAction, default=(320, 320), help="S or HxW (320)")
    parser.add_argument("--batch-size", type=int, default=16, help="(%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="samples made at the same time (%(default)s)")
    parser.add_argument("--rows", type=int, default=10, help="of the table (%(default)s)")
    return parser.parse_args()


def main() -> None:
    """Read, and print a table."""
    options = parse_arguments()
    for name in ("tiny", "images", "batch_size", "workers", "rows"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise UserError(f"--{name.replace('_', '-')} is {getattr(options, name)}; give 1 or more.")
    if (options.tiny is None) != (options.output is None):
        raise UserError("--tiny N and --output FOLDER belong together; give both or none.")
    if options.tiny is not None:
        if options.data:
            raise UserError("--tiny writes the data that are read; leave out --data.")
        write_tiny(options.tiny, options.output)
    data = [str(options.output)] if options.tiny is not None else options.data or []

    from ffkeras.data.reading import own_memory, read_batches
    from ffkeras.data.samples import PipelineConfig
    from ffkeras.training.config import TrainingConfig
    from ffkeras.training.run import make_source

    before = own_memory()
    config = TrainingConfig(data=data, image_size=options.image_size, batch_size=options.batch_size)
    source, _ = make_source(config, None)
    pipeline = PipelineConfig(config.image_size, config.batch_size, (128.0,) * 3, workers=options.workers)
    print(f"{len(source):,} images; {before / MEGABYTE:.0f} MB before they are opened")
    print(f"{'images':>10} {'images/s of one core':>21} {'memory, MB':>11}")
    for reading in read_batches(source, pipeline, options.images or len(source), options.rows):
        speed = reading.images / reading.seconds
        print(f"{reading.images:10,} {speed:21.0f} {reading.memory / MEGABYTE:11.0f}", flush=True)


def write_tiny(count: int, folder: Path) -> None:
    """Shards of tiny pictures; those that are there are kept."""
    from rich.progress import track

    from ffkeras.data.shard_writer import write_shards
    from ffkeras.data.tiny import TinyImages

    write_shards(TinyImages(count), folder, SHARD_BYTES, track=lambda numbers: track(numbers, description="pictures"))


if __name__ == "__main__":
    cli.run(main)
