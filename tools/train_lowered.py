#!/usr/bin/env python3
"""Train networks that tools/lower_training.py has lowered, on a machine with JAX and without TensorFlow.

Needs jax, numpy, OpenCV and rich. Writes NAME.end.npz and NAME.csv for each run into OUT, for tools/lower_training.py
--collect.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what tools/lower_training.py wrote")
    parser.add_argument("--output", type=Path, required=True, metavar="OUT", help="folder for what is trained")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="that make batches (%(default)s)")
    parser.add_argument("--seconds", type=float, help="stop after so long, with what there is")
    return parser.parse_args()


def main() -> None:
    """Train."""
    options = parse_arguments()
    from ffkeras.stablehlo.plan import Plan

    plan = Plan.read(options.folder)
    from ffkeras.stablehlo.train import LoweredTraining

    LoweredTraining(plan, options.folder, options.output, options.processes, options.seconds).run()


if __name__ == "__main__":
    cli.run(main)
