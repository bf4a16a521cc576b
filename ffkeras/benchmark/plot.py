"""The plot of accuracy against latency."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import cycle

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from ffkeras.benchmark.accuracy import Accuracy
from ffkeras.benchmark.summary import Figures
from ffkeras.errors import UserError
from ffkeras.evaluation.plots import DOTS_PER_INCH, check_plot_suffix
from ffkeras.files import atomic_path

FIGURE_INCHES = (12, 5)
SUBSETS = ("easy", "medium", "hard")
TICKS = (1, 2, 5)  # of every power of ten
COLOURS = colormaps["tab20"].colors


def plot_accuracy(
    path: str | os.PathLike, figures: Sequence[Figures], accuracies: Mapping[str, Accuracy], unit: str = "ms"
) -> None:
    """Write a plot of average precision against the time of the network alone, for each subset of WIDER FACE.

    Only the files whose accuracy is known are in it, with the first number of threads that was measured. Ours are
    discs, others squares; float files are hollow.

    Args:
        path: the suffix says PNG, SVG or PDF.
        figures: what was measured.
        accuracies: file name -> average precision.
        unit: of the times.

    Raises:
        UserError: no file's accuracy is known, the suffix is no image format, or the file cannot be written.
    """
    check_plot_suffix(path)
    threads = figures[0].num_threads
    known = [entry for entry in figures if entry.name in accuracies and entry.num_threads == threads]
    if not known:
        raise UserError(f"no measured file has its accuracy in the file given, so {path} would be empty; name others.")
    figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
    for subset, axes in zip(SUBSETS, figure.subplots(1, len(SUBSETS), sharey=True), strict=True):
        for entry, colour in zip(known, cycle(COLOURS)):
            _draw(axes, entry, asdict(accuracies[entry.name])[subset], colour)
        axes.set(xlabel=f"network, {unit}", title=subset, xscale="log")
        axes.xaxis.set_major_locator(LogLocator(subs=TICKS))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("average precision, WIDER FACE val")
    figure.suptitle(f"accuracy against latency, {threads} thread{'s' if threads > 1 else ''}")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize="small")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)


def _draw(axes, entry: Figures, value: float, colour: tuple[float, float, float]) -> None:
    invoke = entry.stages["invoke"]
    axes.errorbar(
        invoke.median,
        value,
        xerr=[[invoke.median - invoke.low], [invoke.high - invoke.median]],
        fmt="o" if entry.kind == "ffkeras" else "s",
        color=colour,
        markerfacecolor=colour if entry.int8 else "white",
        label=entry.name.removesuffix(".tflite"),
    )
