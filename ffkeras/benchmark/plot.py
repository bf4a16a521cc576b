"""The plot of accuracy against latency."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from matplotlib.figure import Figure

from ffkeras.benchmark.accuracy import Accuracy
from ffkeras.benchmark.summary import Figures
from ffkeras.errors import UserError
from ffkeras.evaluation.plots import DOTS_PER_INCH, check_plot_suffix
from ffkeras.files import atomic_path

FIGURE_INCHES = (12, 5)
SUBSETS = ("easy", "medium", "hard")
OURS, OTHERS = "tab:blue", "tab:orange"


def plot_accuracy(path: str | os.PathLike, figures: Sequence[Figures], accuracies: Mapping[str, Accuracy]) -> None:
    """Write a plot of average precision against the time of the network alone, for each subset of WIDER FACE.

    Only the files whose accuracy is known are in it, with the first number of threads that was measured.

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
        for entry in known:
            _draw(axes, entry, asdict(accuracies[entry.name])[subset])
        axes.set(xlabel="invoke, ms", title=subset, xscale="log")
        axes.grid(alpha=0.3, which="both")
    figure.axes[0].set_ylabel("average precision, WIDER FACE val")
    figure.suptitle(f"accuracy against latency, {threads} thread{'s' if threads > 1 else ''}")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)


def _draw(axes, entry: Figures, value: float) -> None:
    invoke = entry.stages["invoke"]
    colour = OURS if entry.kind == "ffkeras" else OTHERS
    scatter = [[invoke.median - invoke.low], [invoke.high - invoke.median]]
    axes.errorbar(invoke.median, value, xerr=scatter, fmt="o", color=colour, capsize=2)
    label = entry.name.removesuffix(".tflite")
    axes.annotate(label, (invoke.median, value), xytext=(4, 4), textcoords="offset points", fontsize=7)
