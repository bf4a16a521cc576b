"""The precision-recall plot."""

import os
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from ffkeras.errors import UserError
from ffkeras.evaluation.average_precision import PrecisionRecall
from ffkeras.files import atomic_path

FIGURE_INCHES = (6.4, 5.6)
DOTS_PER_INCH = 150


def check_plot_suffix(path: str | os.PathLike) -> None:
    """Raise UserError where the suffix of `path` is no image format; worth asking before a long evaluation."""
    if Path(path).suffix.lower().removeprefix(".") not in Figure().canvas.get_supported_filetypes():
        raise UserError(f"cannot plot to {path}: its suffix is no image format; name it .png, .svg or .pdf.")


def plot_precision_recall(path: str | os.PathLike, curves: Mapping[str, PrecisionRecall], title: str) -> None:
    """Write a plot of all curves, with their average precision in the legend; the suffix says PNG, SVG or PDF.

    A `Figure` of its own needs no display and leaves matplotlib's global state alone.

    Raises:
        UserError: the suffix is no image format, or the file cannot be written.
    """
    check_plot_suffix(path)
    figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
    axes = figure.add_subplot()
    for name, curve in curves.items():
        begun = curve.recall > 0
        label = f"{name}: AP {curve.average_precision:.3f} ({curve.faces:,} faces)"
        axes.plot(curve.recall[begun], curve.precision[begun], linewidth=1.8, label=label)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01), title=title)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)
