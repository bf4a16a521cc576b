#!/usr/bin/env python3
"""Print what a thousand cameras, a million training images and a hundred pruning workers cost, from measured figures.

Decoding a picture is measured here and now, in processor time; every other figure is an option whose default was
measured by the command that its help names, on the machine that docs/scale.md names. All the rest is multiplication.
"""

import argparse
import csv
import sys
import time
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli

ROOT = Path(__file__).resolve().parents[1]
PHOTOGRAPH = ROOT / "tests" / "data" / "photos" / "astronaut.jpg"
TRIALS = ROOT / "tflite" / "models" / "nano_b" / "pruning" / "trials.csv"
MILLION, THOUSAND, HOUR = 1_000_000, 1000, 3600
ROW_BYTES, ORDER_BYTES = 24, 8  # of an image, in the tables of a folder of shards, and in the order of an epoch


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cameras = parser.add_argument_group("cameras")
    cameras.add_argument("--cameras", type=int, default=1000, help="(%(default)s)")
    cameras.add_argument("--rate", type=float, default=5, help="pictures a second of each (%(default)s)")
    cameras.add_argument("--network-ms", type=float, default=4.53, help="tools/benchmark.py (%(default)s, 640 int8)")
    cameras.add_argument("--around-ms", type=float, default=1.62, help="before and after it, likewise (%(default)s)")
    images = parser.add_argument_group("training images")
    images.add_argument("--images", type=int, default=MILLION, help="(%(default)s)")
    images.add_argument("--epochs", type=int, default=20, help="(%(default)s)")
    images.add_argument("--image-bytes", type=int, default=158_059, help="of a file, mean of WIDER FACE (%(default)s)")
    images.add_argument(
        "--trained", type=float, default=74.4, help="images/s, tools/benchmark_training.py (%(default)s)"
    )
    images.add_argument("--read", type=float, default=114, help="images/s, tools/measure_data.py (%(default)s)")
    images.add_argument("--exchange-ms", type=float, nargs=2, default=(157, 10), help="tools/measure_exchange.py")
    images.add_argument("--batch-size", type=int, default=16, help="of all workers together (%(default)s)")
    pruning = parser.add_argument_group("pruning")
    pruning.add_argument("--trials", type=int, default=1000, help="of a search (%(default)s)")
    pruning.add_argument("--pruning-workers", type=int, default=100, help="(%(default)s)")
    return parser.parse_args()


def decode_seconds(megapixels: float) -> float:
    """Processor seconds to decode a JPEG of so many megapixels."""
    import cv2

    from ffkeras.images import decode_image, read_image

    image = read_image(PHOTOGRAPH)
    side = round((megapixels * MILLION) ** 0.5)
    data = cv2.imencode(".jpg", cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC))[1].tobytes()
    cv2.setNumThreads(1)
    times = []
    for _ in range(5):
        start = time.process_time()
        decode_image(data, "picture")
        times.append(time.process_time() - start)
    return min(times)


def show(label: str, value: str) -> None:
    """Print a line of the tables."""
    print(f"  {label:<58}{value:>14}")


def main() -> None:
    """Print three tables."""
    options = parse_arguments()
    frames = options.cameras * options.rate
    print(f"{options.cameras} cameras of {options.rate:g} pictures a second, cores busy:")
    for megapixels in (2.0, 0.3):
        show(f"decoding JPEG of {megapixels:g} megapixels", f"{frames * decode_seconds(megapixels):.0f}")
    show("letterbox, decoding of boxes", f"{frames * options.around_ms / THOUSAND:.0f}")
    show("the network", f"{frames * options.network_ms / THOUSAND:.0f}")

    steps = options.images * options.epochs / options.batch_size
    print(f"{options.images:,} images, {options.epochs} epochs:")
    show("files, GB", f"{options.images * options.image_bytes / 1e9:.0f}")
    show("tables on disk, mapped, MB", f"{options.images * ROW_BYTES / MILLION:.0f}")
    show("order of an epoch in memory, MB", f"{options.images * ORDER_BYTES / MILLION:.0f}")
    for label, rate in (("learning", options.trained), ("decoding and varying", options.read)):
        show(f"{label}, core hours", f"{options.images * options.epochs / rate / HOUR:.0f}")
    one = options.batch_size * (1 / options.trained + 1 / options.read)
    show("one worker of one core, days", f"{steps * one / HOUR / 24:.1f}")
    for count in (2, 8):
        for label, cost in zip(("the whole batch", "its own part"), options.exchange_ms, strict=True):
            seconds = one / count + cost / THOUSAND
            show(f"{count} workers of one core, statistics of {label}, days", f"{steps * seconds / HOUR / 24:.1f}")

    with TRIALS.open(newline="") as file:
        seconds = mean(float(row["seconds"]) for row in csv.DictReader(file) if float(row["seconds"] or 0) > 0)
    print(f"{options.trials} trials of pruning:")
    show("a trial of Nano-B, seconds", f"{seconds:.0f}")
    show("one worker, hours", f"{options.trials * seconds / HOUR:.1f}")
    show(
        f"{options.pruning_workers} workers, hours", f"{options.trials * seconds / options.pruning_workers / HOUR:.2f}"
    )
    show("proposals that the chief must make, a second", f"{options.pruning_workers / seconds:.2f}")


if __name__ == "__main__":
    cli.run(main)
