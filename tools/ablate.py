#!/usr/bin/env python3
"""Train many small changes of a network alike, measure what each costs and finds, and write the table.

    tools/ablate.py --output runs/ablation --images 50000 --seeds 0 1 --data widerface/ -- --backbone runs/v1

What stands after -- are options of tools/train.py, the same for every row. Stop it at any time; the same command goes
on, and needs no more than --output then. What is trained already is not trained again, so that rows, and seeds, can be
added one by one. The rows are those of ffkeras/ablation/rows.json, to which anybody can add one.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.ablation.plan import Plan, plan_of  # noqa: E402
from ffkeras.ablation.rows import ROWS_FILE, read_rows  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402
from ffkeras.files import check_writable  # noqa: E402
from ffkeras.training.config import TrainingConfig  # noqa: E402
from ffkeras.training.schedule import SCHEDULES  # noqa: E402

DOCS = ROOT / "docs"
NONE, COUNT, ALL = "none", "count", "all"
MOST_CHILDREN = 256


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line up to --; what follows it is put into `options`."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [options] [-- OPTIONS]",
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where runs, files and figures are kept")
    parser.add_argument(
        "--rows", type=Path, default=ROWS_FILE, metavar="JSON", help="the table of rows (the package's)"
    )
    parser.add_argument("--only", nargs="+", metavar="ROW", help="these, and those that they are compared with")
    parser.add_argument("--list", action="store_true", help="print the rows and leave")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], metavar="N", help="(0 1)")
    time = parser.add_mutually_exclusive_group()
    time.add_argument("--images", type=int, metavar="N", help="that every row sees in training")
    time.add_argument("--steps", type=int, metavar="N", help="of training, instead of --images")
    parser.add_argument("--batch-size", type=int, metavar="N", help=f"({TrainingConfig.batch_size})")
    parser.add_argument("--data", nargs="+", metavar="FOLDER", help="training data; none for synthetic faces")
    parser.add_argument("--schedule", choices=SCHEDULES, help=f"({TrainingConfig.schedule})")
    parser.add_argument("--parallel", type=int, default=2, metavar="N", help="runs at a time (%(default)s)")
    parser.add_argument("--no-training", action="store_true", help="take the runs that are there")
    parser.add_argument(
        "--costs",
        choices=(NONE, COUNT, ALL),
        default=ALL,
        help="measure nothing, parameters and MACs, or int8 bytes, int8 time and steps/s too (%(default)s)",
    )
    parser.add_argument(
        "--cost-size", action=cli.ImageSizeAction, default=(640, 640), help="input that costs are of, S or HxW (640)"
    )
    parser.add_argument(
        "--markdown", type=Path, default=DOCS / "ablation.md", metavar="FILE", help="(docs/ablation.md)"
    )
    parser.add_argument("--csv", type=Path, default=DOCS / "ablation.csv", metavar="FILE", help="(docs/ablation.csv)")
    parser.add_argument(
        "--plot", type=Path, default=DOCS / "images" / "ablation.png", metavar="FILE", help="(docs/images/ablation.png)"
    )
    place = arguments.index("--") if "--" in arguments else len(arguments)
    parsed = parser.parse_args(arguments[:place])
    parsed.options = arguments[place + 1 :]
    return parsed


def given_plan(arguments: argparse.Namespace) -> Plan:
    """The plan of the folder, or of the command line.

    Raises:
        UserError: as `plan_of`.
    """
    for name in ("images", "steps"):
        if getattr(arguments, name) is not None and getattr(arguments, name) < 1:
            raise UserError(f"--{name} is {getattr(arguments, name)}; give a number above zero.")
    changes = {name: getattr(arguments, name) for name in ("steps", "batch_size", "data", "schedule")}
    changes["options"] = arguments.options or None
    changes = {name: tuple(v) if isinstance(v, list) else v for name, v in changes.items() if v is not None}
    return plan_of(arguments.output, changes, arguments.images)


def main() -> None:
    """Train what is missing, measure, write."""
    arguments = parse_arguments(sys.argv[1:])
    rows = read_rows(arguments.rows)
    names = rows.choose(arguments.only)
    if arguments.list:
        for name in names:
            print(f"{name:<32} {rows[name].title}")
        return
    if arguments.output is None:
        raise UserError("say with --output which folder the runs are kept in.")
    if not 1 <= arguments.parallel <= MOST_CHILDREN:
        raise UserError(f"--parallel is {arguments.parallel}; give a number from 1 to {MOST_CHILDREN}.")
    from ffkeras.evaluation.plots import check_plot_suffix

    check_plot_suffix(arguments.plot)
    for output in (arguments.markdown, arguments.csv, arguments.plot, arguments.output / "ablation.json"):
        check_writable(output)
    plan = Plan.read(arguments.output) if arguments.no_training else given_plan(arguments)
    if not arguments.no_training:
        from ffkeras.ablation.training import train_missing

        try:
            train_missing(rows, names, arguments.seeds, plan, arguments.output, arguments.parallel, tell)
        except KeyboardInterrupt:
            print(f"stopped; go on with: tools/ablate.py --output {arguments.output} and the same rows and seeds")
            raise
    from ffkeras.ablation.costs import Costs, measure_costs
    from ffkeras.ablation.outputs import write_results
    from ffkeras.ablation.results import gather

    costs = Costs(arguments.output, arguments.cost_size)
    if arguments.costs != NONE:
        measure_costs(costs, rows, names, plan, timed=arguments.costs == ALL, tell=tell)
    results = gather(rows, arguments.output, plan, costs)
    written = write_results(results, arguments.markdown, arguments.csv, arguments.plot)
    print(f"wrote {', '.join(map(str, written))}")


def tell(line: str) -> None:
    """Print a line at once, so that a log shows what is going on."""
    print(line, flush=True)


if __name__ == "__main__":
    cli.run(main)
