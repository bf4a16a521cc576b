"""What is known of every row: its runs' figures, its costs, the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ffkeras.ablation.costs import Cost, Costs, Latency
from ffkeras.ablation.held_out import HeldOut, read_held_out
from ffkeras.ablation.plan import Plan, runs_of
from ffkeras.ablation.rows import AP, MEASURES, Row, Rows
from ffkeras.ablation.verdict import Noise, Verdict, judge


@dataclass(frozen=True)
class RowResult:
    """One row of the table.

    Args:
        row: the row.
        root: name of the documented network of its family.
        runs: seed -> figures of the finished run.
        cost: what was counted; its fields are None where that was not done.
        latency: int8 time against the documented network; None where it was not measured.
        verdict: on the claim, in the row's measure.
    """

    row: Row
    root: str
    runs: dict[int, HeldOut]
    cost: Cost
    latency: Latency | None
    verdict: Verdict

    def values(self, measure: str) -> list[float]:
        """One value for each seed of one of `MEASURES`."""
        return [value_of(run, measure) for run in self.runs.values()]

    def of_source(self, source: str) -> list[float]:
        """The average precision on one data set, for each seed that has it."""
        return [run.by_source[source] for run in self.runs.values() if source in run.by_source]


@dataclass(frozen=True)
class Results:
    """All rows of a table.

    Args:
        rows: in the table's order.
        noise: measure -> how far seeds scatter, over all rows.
        plan: how the rows are trained; None before the first training.
        machine: that int8 files were timed on, as `describe_machine` has it; empty before that.
        image_size: (height, width) of the input that costs are of.
    """

    rows: list[RowResult]
    noise: dict[str, Noise]
    plan: Plan | None
    machine: dict
    image_size: tuple[int, int]

    @property
    def families(self) -> dict[str, list[RowResult]]:
        """Name of the documented network -> its rows."""
        families: dict[str, list[RowResult]] = {}
        for result in self.rows:
            families.setdefault(result.root, []).append(result)
        return families

    @property
    def sources(self) -> list[str]:
        """The data sets that any run was measured on."""
        runs = [run for result in self.rows for run in result.runs.values()]
        return list(dict.fromkeys(source for run in runs for source in run.by_source))


def value_of(run: HeldOut, measure: str) -> float:
    """A run's value in one of `MEASURES`."""
    return run.ap if measure == AP else run.by_height.get(measure, float("nan"))


def gather(rows: Rows, folder: Path, plan: Plan | None, costs: Costs) -> Results:
    """Collect what an ablation's folder holds on every row of the table.

    Raises:
        UserError: a file in it is damaged.
    """
    runs = {row.name: _finished(folder, row, plan) for row in rows}
    values = {
        measure: {name: [value_of(run, measure) for run in of_row.values()] for name, of_row in runs.items()}
        for measure in MEASURES
    }
    noise = {measure: Noise.of(list(by_row.values())) for measure, by_row in values.items()}
    results = []
    for row in rows:
        of_measure = values[row.measure]
        results.append(
            RowResult(
                row,
                rows.root(row.name).name,
                runs[row.name],
                costs.cost(row.name, rows.network(row.name)),
                costs.latency(row.name),
                judge(row, of_measure[row.name], of_measure.get(row.against, ()), noise[row.measure]),
            )
        )
    return Results(results, noise, plan, costs.latency_run.get("machine", {}), costs.image_size)


def _finished(folder: Path, row: Row, plan: Plan | None) -> dict[int, HeldOut]:
    if plan is None:
        return {}
    measured = {run.seed: read_held_out(run.folder) for run in runs_of(folder, row.name) if run.is_finished(plan.steps)}
    return {seed: figures for seed, figures in measured.items() if figures is not None}


def mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """The mean of the values that are numbers, and half the distance from the lowest to the highest; nan of none."""
    numbers = [value for value in values if value == value]
    if not numbers:
        return float("nan"), float("nan")
    return sum(numbers) / len(numbers), (max(numbers) - min(numbers)) / 2
