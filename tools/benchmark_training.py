#!/usr/bin/env python3
"""Measure training speed: steps a second on real data against one batch repeated, in turns, in one process.

The images are read once before, as in a run's first epoch.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.models.config import NETWORKS, read_config  # noqa: E402
from ffkeras.training.config import TrainingConfig  # noqa: E402


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model", metavar="NAME|JSON", default="v2_ultra", help=f"{', '.join(NETWORKS)}, or its JSON (%(default)s)"
    )
    parser.add_argument("--data", nargs="+", default=(), help="folders of training data; none: synthetic faces")
    parser.add_argument("--image-size", action=cli.ImageSizeAction, default=(320, 320), help="S or HxW (320)")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20, help="in a round, of each kind (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--frozen-blocks", type=int, default=0, help="of the backbone, as in tools/train.py (%(default)s)"
    )
    parser.add_argument("--threads", type=int, default=0, help="of TensorFlow; 0: all cores")
    cli.add_cache_arguments(parser)
    arguments = parser.parse_args()

    network = read_config(arguments.model)
    config = TrainingConfig(
        data=arguments.data,
        image_size=arguments.image_size,
        batch_size=arguments.batch_size,
        frozen_blocks=arguments.frozen_blocks,
        epochs=1,
    )
    from ffkeras.backend import tf

    if arguments.threads:
        tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
        tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    from ffkeras.data.image_cache import make_cache
    from ffkeras.training.run import start_run
    from ffkeras.training.throughput import measure_throughput

    with tempfile.TemporaryDirectory() as folder:
        trainer = start_run(network, config, Path(folder), make_cache(arguments.cache_gb, arguments.cache_folder))
        result = measure_throughput(trainer, arguments.steps, arguments.rounds)
    size = "x".join(map(str, arguments.image_size))
    threads = arguments.threads or os.cpu_count()
    machine = f"{threads} thread{'s' * (threads > 1)} on {os.cpu_count()} cores of {platform.machine()}"
    print(f"{arguments.model}, {size} px, batch {arguments.batch_size}, {len(trainer.source)} images, {machine}")
    print(f"one batch repeated  {result.repeated:6.2f} steps/s")
    print(f"real data           {result.real:6.2f} steps/s = {result.images_per_second:.1f} images/s")
    print(f"data efficiency     {result.data_efficiency:6.1%}")


if __name__ == "__main__":
    cli.run(main)
