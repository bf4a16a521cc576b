#!/usr/bin/env python3
"""Train on a machine that has JAX but no TensorFlow: write the train steps as StableHLO, collect what comes back.

    tools/lower_training.py FOLDER --run soft=runs/soft/removed --run labels=runs/soft/removed:0 --run
        scratch=runs/soft/removed:scratch --data widerface/ --teacher runs/v1
    tools/train_lowered.py FOLDER --output OUT                      (there)
    tools/lower_training.py OUT --collect --output runs/

All runs see the same batches, so that they can be compared. Their networks must have the same anchors and mean.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli
from ffkeras.errors import UserError
from ffkeras.stablehlo.plan import DEFAULTS, LoweredRun, Plan

SCRATCH = "scratch"


def parse_run(text: str) -> LoweredRun:
    """Read NAME=RUN, NAME=RUN:SHARE or NAME=RUN:scratch. Raises UserError where it is something else."""
    name, _, rest = text.partition("=")
    start, _, how = rest.partition(":")
    if not name or not start:
        raise UserError(f"--run {text!r} cannot be read; write NAME=RUN, NAME=RUN:0.5 (teacher's share) or :scratch.")
    if how == SCRATCH:
        return LoweredRun(name, start, scratch=True)
    try:
        return LoweredRun(name, start, **({"distillation": float(how)} if how else {}))
    except ValueError as error:
        raise UserError(f"--run {text!r}: {how!r} is neither a share from 0 to 1 nor 'scratch'.") from error


def parse_arguments() -> argparse.Namespace:
    """The command line; options that describe the plan are absent unless given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of the plan; with --collect, what came back")
    parser.add_argument("--collect", action="store_true", help="write run folders from what came back")
    parser.add_argument("--output", type=Path, help="with --collect: folder for the run folders")
    parser.add_argument(
        "--validation-size", action=cli.ImageSizeAction, default=(640, 640), help="held-out images (640)"
    )
    plan = parser.add_argument_group("the plan", argument_default=argparse.SUPPRESS)
    plan.add_argument("--run", dest="runs", action="append", metavar="NAME=RUN[:HOW]", help="a network; repeat it")
    plan.add_argument("--data", nargs="+", help="folders as tools/train.py takes them, as they are called there")
    plan.add_argument("--teacher", metavar="RUN", help="float network to learn from")
    plan.add_argument("--image-size", action=cli.ImageSizeAction, help="training input, S or HxW (320)")
    plan.add_argument("--total-steps", dest="steps", type=int, help=f"({DEFAULTS.steps})")
    for name in ("batch_size", "warmup_steps", "seed"):
        plan.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"({getattr(DEFAULTS, name)})")
    for name in ("learning_rate", "frozen_norm_share"):
        plan.add_argument(f"--{name.replace('_', '-')}", type=float, help=f"({getattr(DEFAULTS, name)})")
    return parser.parse_args()


def main() -> None:
    """Lower a plan, or collect its results."""
    arguments = vars(parse_arguments())
    folder, output, size = (arguments.pop(name) for name in ("folder", "output", "validation_size"))
    if arguments.pop("collect"):
        collect(folder, output, size, arguments)
        return
    missing = [f"--{name.rstrip('s')}" for name in ("runs", "data", "teacher") if name not in arguments]
    if missing:
        raise UserError(f"a plan needs {', '.join(missing)}; see --help.")
    runs = tuple(map(parse_run, arguments.pop("runs")))
    plan = Plan(runs, dataclasses.replace(DEFAULTS, **arguments))
    from ffkeras.stablehlo.export import export_training

    plan = export_training(plan, folder)
    print(f"{folder}: {len(plan.runs)} runs; train them with tools/train_lowered.py {folder} --output OUT")


def collect(folder: Path, output: Path | None, size: tuple[int, int], others: dict) -> None:
    """Write a run folder for each run of a plan that was done, and measure it."""
    if output is None or others:
        raise UserError("--collect takes the folder of the results and --output, and nothing of the plan.")
    plan = Plan.read(folder)
    from ffkeras.stablehlo.collect import collect_run, held_out_precision

    for run in plan.runs:
        model = collect_run(run, plan, folder, output / run.name)
        print(f"{output / run.name}: held-out AP {held_out_precision(model, plan, size):.3f}", flush=True)


if __name__ == "__main__":
    cli.run(main)
