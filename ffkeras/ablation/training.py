"""Training what is missing of an ablation: every row with every seed, in child processes."""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ffkeras.ablation.children import LOG_FILE, Ended, Job, run_jobs
from ffkeras.ablation.held_out import read_held_out
from ffkeras.ablation.plan import Plan, Run, network_file, network_path
from ffkeras.ablation.rows import Rows
from ffkeras.errors import UserError

CHECKOUT = Path(__file__).resolve().parents[2]
TRAIN = CHECKOUT / "tools" / "train.py"
MEASURE = ("-m", "ffkeras.ablation.held_out")
STEPS_FILE = "steps.csv"  # made when the first step begins


def train_missing(
    rows: Rows,
    names: Sequence[str],
    seeds: Sequence[int],
    plan: Plan,
    folder: Path,
    parallel: int,
    tell: Callable[[str], None] = print,
) -> int:
    """Train and measure the runs that are not finished yet; one that was interrupted goes on from its checkpoint.

    Args:
        rows: the table.
        names: of the rows to train.
        seeds: each row is trained once with each; the first seed of all rows comes first.
        plan: how; it is kept in the folder.
        folder: of the ablation.
        parallel: child processes at a time.
        tell: is given a line for everything that begins or ends.

    Returns:
        How many runs were trained or measured.

    Raises:
        UserError: a run that could not start, at once; runs that failed later, when all others are done.
        KeyboardInterrupt: Ctrl-C or SIGTERM; all children have ended and left their checkpoints.
    """
    for name in names:
        network_file(folder, name, rows.network(name))
    plan.write(folder)
    runs = {run.name: run for seed in seeds for name in names for run in [Run(folder, name, seed)]}
    missing = [run for run in runs.values() if not run.is_finished(plan.steps) or read_held_out(run.folder) is None]
    tell(f"{len(runs) - len(missing)} of {len(runs)} runs are done; {len(missing)} are left, {parallel} at a time")
    jobs = [Job(run.name, run.folder, functools.partial(next, _commands(run, plan, tell), None)) for run in missing]
    done, failed = 0, []
    # The children import this package wherever it lies.
    environment = {"PYTHONPATH": str(CHECKOUT)}
    with contextlib.closing(run_jobs(jobs, parallel, environment)) as ended:
        for end in ended:
            if end.code is None:
                tell(f"{end.job.name}: another process trains it; left out")
            elif end.code == 0:
                done += 1
                tell(f"{end.job.name}: held-out AP {read_held_out(end.job.folder).ap:.3f}")
            else:
                tell(f"{end.job.name}: failed; {end.last_line}")
                failed.append(_check_started(end).job.name)
    if failed:
        raise UserError(f"{', '.join(failed)} failed; read {LOG_FILE} in {'their folders' if failed[1:] else folder}.")
    return done


def _commands(run: Run, plan: Plan, tell: Callable[[str], None]) -> Iterator[list[str]]:
    """The commands that are still to be run for a run."""
    if not run.is_finished(plan.steps):
        output = ["--output", str(run.folder), "--threads", "1"]
        if run.has_started:
            tell(f"{run.name}: goes on")
            yield [sys.executable, str(TRAIN), "--resume", *output]
        else:
            tell(f"{run.name}: begins")
            model = ["--model", str(network_path(run.root, run.row))]
            yield [sys.executable, str(TRAIN), *model, "--seed", str(run.seed), *plan.arguments(), *output]
    if read_held_out(run.folder) is None:
        yield [sys.executable, *map(str, MEASURE), str(run.folder)]


def _check_started(end: Ended) -> Ended:
    """Raise UserError where a run failed before its first step: the options or the data are wrong, for all runs."""
    if not (end.job.folder / STEPS_FILE).exists():
        reason = end.last_line.removeprefix("error: ").rstrip(".") or f"exit code {end.code}"
        raise UserError(f"{end.job.name} could not start: {reason}; all of it in {end.job.folder / LOG_FILE}.")
    return end
