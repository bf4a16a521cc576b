"""The plot of an ablation: what every row finds, and what it costs in time."""

import math
import os
from collections.abc import Sequence
from itertools import cycle

from matplotlib import colormaps
from matplotlib.figure import Figure

from ffkeras.ablation.results import Results, RowResult, mean_and_spread
from ffkeras.ablation.rows import AP
from ffkeras.ablation.verdict import Noise
from ffkeras.evaluation.plots import DOTS_PER_INCH, check_plot_suffix
from ffkeras.files import atomic_path

WIDTH_INCHES, ROW_INCHES, SMALLEST_INCHES = 12, 0.28, 4
COLOURS = colormaps["tab10"].colors


def plot_ablation(path: str | os.PathLike, results: Results) -> bool:
    """Write a plot of held-out AP row by row, and against int8 time where that was measured.

    Points are seeds, bars the 95 % interval of their mean by the scatter of all rows; without a second seed anywhere
    there are no bars.

    Returns:
        Whether there was anything to plot.

    Raises:
        UserError: the suffix is no image format, or the file cannot be written.
    """
    check_plot_suffix(path)
    trained = [result for result in results.rows if result.runs]
    if not trained:
        return False
    height = max(SMALLEST_INCHES, 1 + ROW_INCHES * len(trained))
    figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
    left, right = figure.subplots(1, 2)
    noise = results.noise[AP]
    families = dict(zip(results.families, cycle(COLOURS)))
    for place, result in enumerate(trained):
        _draw_row(left, place, result, noise, families[result.root])
    left.set(xlabel=AP, yticks=range(len(trained)), yticklabels=[result.row.name for result in trained])
    left.invert_yaxis()
    _draw_costs(right, trained, noise, families)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)
    return True


def _half_width(result: RowResult, noise: Noise) -> float | None:
    half = noise.of_mean(len(result.runs))
    return None if math.isnan(half) else half


def _draw_row(axes, place: int, result: RowResult, noise: Noise, colour: tuple) -> None:
    values = result.values(AP)
    mean, _ = mean_and_spread(values)
    axes.errorbar(mean, place, xerr=_half_width(result, noise), fmt="|", color=colour, capsize=3, markersize=12)
    axes.plot(values, [place] * len(values), ".", color=colour, alpha=0.6)


def _draw_costs(axes, trained: Sequence[RowResult], noise: Noise, families: dict[str, tuple]) -> None:
    for result in trained:
        if result.latency is None:
            continue
        mean, _ = mean_and_spread(result.values(AP))
        latency, colour = result.latency, families[result.root]
        spread = [[latency.ratio - latency.low], [latency.high - latency.ratio]]
        half = _half_width(result, noise)
        axes.errorbar(latency.ratio, mean, xerr=spread, yerr=half, fmt="o", color=colour, markersize=4)
        place = (latency.ratio, mean)
        axes.annotate(result.row.name, place, fontsize=6, xytext=(3, 3), textcoords="offset points")
    axes.set(xlabel="int8 time / the family's documented network", ylabel=AP)
