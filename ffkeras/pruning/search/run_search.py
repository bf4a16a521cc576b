"""The search for the best rates: alone, as the chief of several workers, or as one of them."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ffkeras.errors import UserError
from ffkeras.pruning.config import LOSS, PruneConfig
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.chief import serve, wait_for_chief
from ffkeras.pruning.search.fine_tune import ShortFineTune
from ffkeras.pruning.search.keras_tuner import FatalError, Trial, grpc
from ffkeras.pruning.search.oracle import RateOracle
from ffkeras.pruning.search.plot import PLOT_FILE, plot_trials
from ffkeras.pruning.search.record import RECORD_FILE, SearchRecord
from ffkeras.pruning.search.score import HOPELESS, Scoring
from ffkeras.pruning.search.start_points import start_points
from ffkeras.pruning.search.trials import TRIALS_FILE, TrialRow, best_of, read_rows, write_trials
from ffkeras.pruning.search.tuner import PROJECT, RateTuner, TrialError, is_chief, is_worker
from ffkeras.training.interrupt import stop_requests

STARTS_PER_GROUP = 2  # trials before the Gaussian process says where to go on
STARTING_SHARE = 0.5  # of all trials at most

MakeFineTune = Callable[[Callable[[], None]], ShortFineTune]


def search_rates(
    measures: Measures, config: PruneConfig, folder: Path, make_fine_tune: MakeFineTune, console: Console
) -> dict[str, float] | None:
    """Search, from where the folder's search stopped if there is one.

    Args:
        measures: of the network and its budgets.
        config: of the pruning.
        folder: of the search.
        make_fine_tune: makes the fine-tune that trials run; its argument is to be called after every step.
        console: to print on.

    Returns:
        The best rates by group; None in a worker, whose chief has them.

    Raises:
        UserError: a budget cannot be reached, no trial is within the budgets, or chief and worker do not fit.
        KeyboardInterrupt: the user has asked to stop; the trials that are done are kept.
    """
    with stop_requests() as stop:

        def check() -> None:
            if stop.asked:
                raise KeyboardInterrupt

        if is_worker():
            return _work(measures, config, folder, make_fine_tune, check, console)
        record = _begin(measures, config, folder)
        with _progress(console) as progress:
            report = _Report(measures, config, folder, progress)
            oracle = _oracle(measures, config, record.starts, report)
            tuner = RateTuner(oracle, folder, config.fingerprint(), check)
            if (folder / PROJECT / "oracle.json").exists():
                oracle.reload()
                report(list(oracle.trials.values()))
            oracle.save()
            if is_chief():
                serve(oracle, check)
            elif not oracle.finished():
                tuner.evaluate = _scoring(measures, config, make_fine_tune(check))
                _run(tuner)
    return _finish(record, report.rows, folder)


def _work(measures, config, folder, make_fine_tune, check: Callable[[], None], console: Console) -> None:
    wait_for_chief(check)
    oracle = _oracle(measures, config, [], lambda trials: None)
    tuner = RateTuner(
        oracle, folder, config.fingerprint(), check, lambda trial: console.print(f"trial {trial.trial_id}")
    )
    tuner.evaluate = _scoring(measures, config, make_fine_tune(check))
    try:
        _run(tuner)
    except grpc.RpcError as error:
        raise UserError("the chief is gone; start it again with --resume, and then the workers.") from error


def _run(tuner: RateTuner) -> None:
    try:
        tuner.search()
    except TrialError as error:
        raise error.__cause__ from None
    except FatalError as error:
        raise UserError(str(error)) from error


def _oracle(measures: Measures, config: PruneConfig, starts: list, on_change: Callable) -> RateOracle:
    groups, fingerprint = measures.map.groups, config.fingerprint()
    return RateOracle(groups, config.highest_rate, starts, config.trials, config.seed, fingerprint, on_change)


def _scoring(measures: Measures, config: PruneConfig, fine_tune: ShortFineTune) -> Scoring:
    dense = fine_tune.dense_objective()
    worst = HOPELESS * dense if config.objective == LOSS else 1.0
    return Scoring(measures, fine_tune, dense, worst)


def _begin(measures: Measures, config: PruneConfig, folder: Path) -> SearchRecord:
    """The record of the search in the folder; a new one where there is none."""
    if (folder / RECORD_FILE).exists():
        return SearchRecord.read(folder)
    count = min(STARTS_PER_GROUP * len(measures.map.groups), max(1, round(STARTING_SHARE * config.trials)))
    starts = start_points(measures, config.highest_rate, count, config.seed)
    dense = {budget.text: measures.dense(budget) for budget in measures.budgets}
    limits = {budget.text: measures.limit(budget) for budget in measures.budgets}
    record = SearchRecord.of(config, starts=starts, dense=dense, limits=limits)
    record.write(folder)
    return record


def _finish(record: SearchRecord, rows: list[TrialRow], folder: Path) -> dict[str, float]:
    best = best_of(rows)
    if best is None:
        raise UserError(
            f"none of {len(rows)} trials is within the budgets; see {folder / TRIALS_FILE}, and search longer."
        )
    dataclasses.replace(record, best=best.number, rates=best.rates).write(folder)
    return best.rates


class _Report:
    """Keeps table, plot and progress up to date with the trials."""

    def __init__(self, measures: Measures, config: PruneConfig, folder: Path, progress: Progress):
        self._measures, self._folder, self._progress = measures, folder, progress
        self._objective = "held_out_loss" if config.objective == LOSS else "one_minus_ap"
        self._task = progress.add_task("searching", total=config.trials, best="")
        self.rows: list[TrialRow] = []

    def __call__(self, trials: list[Trial]) -> None:
        known = {row.number for row in self.rows}
        self.rows = read_rows(trials, self._measures)
        if not self.rows:
            return
        write_trials(self._folder / TRIALS_FILE, self.rows, self._objective)
        plot_trials(self._folder / PLOT_FILE, self.rows, self._measures, self._objective.replace("_", " "))
        best = best_of(self.rows)
        for row in self.rows:
            if row.number not in known:
                self._progress.console.print(_line(row), soft_wrap=True, highlight=False)
        said = f"best {best.score:.4f} (trial {best.number})" if best else "none within budget yet"
        self._progress.update(self._task, completed=len(self.rows), best=said)


def _line(row: TrialRow) -> str:
    rates = " ".join(f"{group}={rate:.2f}" for group, rate in row.rates.items())
    outcome = f"score {row.score:.4f}, {row.seconds:.0f} s" if row.within else "over budget, not trained"
    return f"trial {row.number}: {rates}; {row.parameters:,} parameters, {outcome}"


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[best]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )
