"""The table of trials: `trials.csv`."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ffkeras.files import atomic_path
from ffkeras.pruning.budgets import DEFAULT_IMAGE_SIZE, MACS
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.keras_tuner import Trial, TrialStatus
from ffkeras.pruning.search.oracle import SCORE, rates_of
from ffkeras.pruning.search.score import BUDGET_PREFIX, DENSE, OBJECTIVE, SECONDS

TRIALS_FILE = "trials.csv"
VALUE_DIGITS = 6


@dataclass(frozen=True)
class TrialRow:
    """What came out of one trial.

    Args:
        number: from 0.
        rates: by group.
        parameters, macs: of the network that the rates leave; for the image size of `macs_size`.
        values: by the budget's text; None where it was not measured, because a cheaper budget did not hold.
        objective: held-out loss or 1 - AP; None where a budget did not hold, so that nothing was trained.
        dense: the dense network's objective.
        score: what the search minimises.
        seconds: that the trial took.
    """

    number: int
    rates: dict[str, float]
    parameters: int
    macs: int
    values: dict[str, float | None]
    objective: float | None
    dense: float
    score: float
    seconds: float

    @property
    def within(self) -> bool:
        """Whether all budgets hold."""
        return self.objective is not None


def macs_size(measures: Measures) -> tuple[int, int]:
    """The image size for which multiply-accumulates are told: that of their budget, or 640."""
    sizes = [budget.image_size for budget in measures.budgets if budget.quantity == MACS]
    return sizes[0] if sizes else DEFAULT_IMAGE_SIZE


def read_rows(trials: Iterable[Trial], measures: Measures) -> list[TrialRow]:
    """The rows of all completed trials, in their order."""
    done = (trial for trial in trials if trial.status == TrialStatus.COMPLETED)
    return sorted((_row(trial, measures) for trial in done), key=lambda row: row.number)


def _row(trial: Trial, measures: Measures) -> TrialRow:
    def metric(name: str) -> float | None:
        return trial.metrics.get_last_value(name) if trial.metrics.exists(name) else None

    rates = rates_of(trial)
    return TrialRow(
        number=int(trial.trial_id),
        rates=rates,
        parameters=measures.parameters(rates),
        macs=measures.macs(rates, macs_size(measures)),
        values={budget.text: metric(BUDGET_PREFIX + budget.text) for budget in measures.budgets},
        objective=metric(OBJECTIVE),
        dense=metric(DENSE),
        score=metric(SCORE),
        seconds=metric(SECONDS),
    )


def best_of(rows: Sequence[TrialRow]) -> TrialRow | None:
    """The row of lowest score within all budgets; None where there is none."""
    within = [row for row in rows if row.within]
    return min(within, key=lambda row: row.score) if within else None


def write_trials(path: Path, rows: Sequence[TrialRow], objective: str) -> None:
    """Write the rows as CSV, whole or not at all. Raises UserError where that fails.

    Args:
        path: of the file.
        rows: at least one.
        objective: name of the column of objectives.
    """
    groups, texts = list(rows[0].rates), list(rows[0].values)
    columns = ["trial", *groups, "parameters", "macs", *texts, objective, "score", "seconds", "within_budget"]
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            values = {text: _text(value) for text, value in row.values.items()}
            writer.writerow(
                {
                    "trial": row.number,
                    **row.rates,
                    "parameters": row.parameters,
                    "macs": row.macs,
                    **values,
                    objective: _text(row.objective),
                    "score": _text(row.score),
                    "seconds": f"{row.seconds:.1f}",
                    "within_budget": "yes" if row.within else "no",
                }
            )


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else f"{value:.{VALUE_DIGITS}g}"
