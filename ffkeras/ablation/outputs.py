"""The files of an ablation for readers: the document, its plot beside it, and every run's figures."""

import os
from pathlib import Path

from ffkeras.ablation.plot import plot_ablation
from ffkeras.ablation.results import Results
from ffkeras.ablation.table import to_csv, to_markdown
from ffkeras.files import write_text


def write_results(results: Results, markdown: Path, csv: Path, plot: Path) -> list[Path]:
    """Write the document, the CSV and, where something was trained, the plot; the paths of what was written.

    Raises:
        UserError: one of them cannot be written, or the plot's suffix is no image format.
    """
    plotted = plot_ablation(plot, results)
    link = os.path.relpath(plot.resolve(), markdown.resolve().parent) if plotted else ""
    write_text(markdown, to_markdown(results, link))
    write_text(csv, to_csv(results))
    return [markdown, csv, *[plot] * plotted]
