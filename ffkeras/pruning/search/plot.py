"""The plot of a search: scores over trials, and what accuracy costs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ffkeras.evaluation.plots import DOTS_PER_INCH
from ffkeras.files import atomic_path
from ffkeras.pruning.budgets import ARENA, INSTRUCTIONS, LATENCY, MACS, PARAMETERS, Budget
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.trials import TrialRow, best_of

PLOT_FILE = "trials.png"
FIGURE_INCHES = (12, 5)
LABELS = {
    PARAMETERS: ("parameters, thousands", 1e3),
    MACS: ("multiply-accumulates, millions", 1e6),
    ARENA: ("arena, KB", 1e3),
    INSTRUCTIONS: ("instructions, millions", 1e6),
    LATENCY: ("invoke time / dense", 1.0),
}
WITHIN, OVER, DENSE, BEST = "tab:blue", "tab:gray", "tab:green", "tab:red"


def plot_trials(path: Path, rows: Sequence[TrialRow], measures: Measures, objective: str) -> None:
    """Write the plot. Raises UserError where the file cannot be written.

    Args:
        path: the suffix says PNG, SVG or PDF.
        rows: at least one.
        measures: whose first budget is the axis of the front.
        objective: what the rows' objective is, for the axes.
    """
    figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_scores(left, rows, objective)
    _draw_front(right, rows, measures, objective)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)


def _draw_scores(axes, rows: Sequence[TrialRow], objective: str) -> None:
    within = [row for row in rows if row.within]
    over = [row for row in rows if not row.within]
    axes.plot([row.number for row in within], [row.score for row in within], "o", color=WITHIN, label="within budget")
    if over:
        axes.plot([row.number for row in over], [row.score for row in over], "x", color=OVER, label="over budget")
    if within:
        best_so_far = np.minimum.accumulate([row.score for row in within])
        axes.step([row.number for row in within], best_so_far, where="post", color=BEST, label="best so far")
    axes.set(xlabel="trial", ylabel=f"score ({objective}, or a penalty)", title="trials")
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_front(axes, rows: Sequence[TrialRow], measures: Measures, objective: str) -> None:
    budget = measures.budgets[0]
    label, unit = LABELS[budget.quantity]
    within = [row for row in rows if row.within]
    costs = [row.values[budget.text] / unit for row in within]
    axes.plot(costs, [row.objective for row in within], "o", color=WITHIN, label="trials within budget")
    front = pareto_front(costs, [row.objective for row in within])
    axes.step(*front, where="post", color=WITHIN, alpha=0.6, label="Pareto front")
    best = best_of(rows)
    if best is not None:
        axes.plot(best.values[budget.text] / unit, best.objective, "*", color=BEST, markersize=15, label="best")
    axes.plot(measures.dense(budget) / unit, rows[0].dense, "s", color=DENSE, label="dense, as it is")
    axes.axvline(measures.limit(budget) / unit, color="black", linestyle="--", label=_limit_label(budget, measures))
    axes.set(xlabel=_with_size(label, budget), ylabel=objective, title="what is lost, against what is saved")
    axes.grid(alpha=0.3)
    axes.legend()


def _limit_label(budget: Budget, measures: Measures) -> str:
    return f"budget: {budget.format(measures.limit(budget))}"


def _with_size(label: str, budget: Budget) -> str:
    return f"{label}, input {budget.image_size[0]} x {budget.image_size[1]}" if budget.image_size else label


def pareto_front(costs: Sequence[float], objectives: Sequence[float]) -> tuple[list[float], list[float]]:
    """The points that no other beats in both, by rising cost."""
    front: list[tuple[float, float]] = []
    for cost, value in sorted(zip(costs, objectives, strict=True)):
        if not front or value < front[-1][1]:
            front.append((cost, value))
    return [cost for cost, _ in front], [value for _, value in front]
