#!/usr/bin/env python3
"""Do some steps of a run on a machine that only files reach, with a GPU and JAX but without TensorFlow.

    tools/leg.py pack runs/mine leg/ --steps 2000     here: the state, the step and the pictures that it needs
    tools/leg.py run leg/ --output out/               there: needs jax, numpy, OpenCV and rich, and this folder's code
    tools/leg.py take runs/mine leg/ out/             here: logs and state, from which tools/train.py --resume goes on

No file of a leg is larger than --piece-mb. A run that was stopped goes on where it was, and may be taken back so far.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli
from ffkeras.errors import UserError

MILLION, GIGABYTE = 1_000_000, 1 << 30


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    pack = actions.add_parser("pack", help="write a leg")
    pack.add_argument("run_folder", type=Path, metavar="RUN", help="of tools/train.py, stopped")
    pack.add_argument("folder", type=Path, metavar="LEG", help="folder for the leg")
    pack.add_argument("--steps", type=int, required=True, help="of the leg")
    pack.add_argument("--piece-mb", type=int, default=60, help="largest file, in million bytes (%(default)s)")
    pack.add_argument("--longest-side", type=int, help="make larger pictures so small, in pixels (all as they are)")
    run = actions.add_parser("run", help="do the steps")
    run.add_argument("folder", type=Path, metavar="LEG")
    run.add_argument("--output", type=Path, required=True, metavar="OUT", help="folder for the result")
    run.add_argument("--processes", type=int, default=os.cpu_count(), help="that make batches (%(default)s)")
    run.add_argument("--steps-per-call", type=int, default=20, help="of the packed step (%(default)s)")
    run.add_argument("--cache-gb", type=float, default=32, help="memory for decoded images (%(default)s)")
    take = actions.add_parser("take", help="take the steps back into the run")
    take.add_argument("run_folder", type=Path, metavar="RUN")
    take.add_argument("folder", type=Path, metavar="LEG")
    take.add_argument("output", type=Path, metavar="OUT", help="folder with the result")
    options = parser.parse_args()
    for name in ("steps", "piece_mb", "longest_side", "processes", "steps_per_call"):
        value = getattr(options, name, None)
        if value is not None and value < 1:
            raise UserError(f"--{name.replace('_', '-')} is {value}; give 1 or more.")
    return options


def main() -> None:
    """Pack, run or take back a leg."""
    options = parse_arguments()
    logging.basicConfig(format="%(message)s")
    {"pack": pack, "run": run, "take": take}[options.action](options)


def pack(options: argparse.Namespace) -> None:
    """Write a leg of a run."""
    from rich.progress import track

    from ffkeras.stablehlo.leg_pack import pack_leg
    from ffkeras.training.run import resume_run

    def shown(numbers):
        return track(numbers, description="pictures")

    trainer = resume_run(options.run_folder)
    leg = pack_leg(
        trainer, options.folder, options.steps, options.piece_mb * MILLION, options.longest_side, track=shown
    )
    files = [path for path in options.folder.rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    print(
        f"{options.folder}: steps {leg.first_step + 1} to {leg.last_step}, {len(files)} files of "
        f"{total / MILLION:.1f} million bytes; run them with tools/leg.py run {options.folder} --output OUT"
    )


def run(options: argparse.Namespace) -> None:
    """Do the steps of a leg."""
    from ffkeras.stablehlo.leg_run import LegRun

    leg_run = LegRun(
        options.folder,
        options.output,
        options.processes,
        options.steps_per_call,
        int(options.cache_gb * GIGABYTE),
    )
    result = leg_run.run()
    print(f"{leg_run.path}: {len(result.losses)} of {leg_run.leg.steps} steps")


def take(options: argparse.Namespace) -> None:
    """Take the steps of a leg back into its run."""
    from ffkeras.stablehlo.leg import RESULT_FILE
    from ffkeras.stablehlo.leg_return import take_back_leg
    from ffkeras.training.run import resume_run

    step = take_back_leg(resume_run(options.run_folder), options.folder, options.output / RESULT_FILE)
    print(
        f"{options.run_folder} is at step {step}; continue with: tools/train.py --resume --output {options.run_folder}"
    )


if __name__ == "__main__":
    cli.run(main)
