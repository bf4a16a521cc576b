"""What a pruning gave: figures of the dense and the pruned network side by side."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from ffkeras.backend import tf
from ffkeras.geometry import letterbox
from ffkeras.models.featherface import FeatherFace
from ffkeras.pruning.budgets import Budget


@dataclass(frozen=True)
class PruningResult:
    """What a pruning gave, saved as `pruning.json` beside the pruned network.

    Args:
        run, checksum: of the dense network.
        rates: by group.
        widths: units kept, by dimension.
        parameters: trainable ones, of the dense and of the pruned network.
        macs: multiply-accumulates for one image, dense and pruned.
        image_size: (height, width) that `macs` are for.
        budgets: by text: the dense network's value, the pruned one's, and the limit.
        difference: largest absolute difference of any output between the masked and the pruned network.
        average_precision: on held-out images, dense and pruned; None where none is held out.
    """

    run: str
    checksum: str
    rates: dict[str, float]
    widths: dict[str, int]
    parameters: tuple[int, int]
    macs: tuple[int, int]
    image_size: tuple[int, int]
    budgets: dict[str, tuple[float, float, float]]
    difference: float
    average_precision: tuple[float, float] | None

    def to_json(self) -> dict:
        """The result as a JSON object."""
        return dataclasses.asdict(self)

    def table(self, budgets: Sequence[Budget]) -> Table:
        """The result for a terminal; `budgets` are those that were set."""
        table = cost_table(self.parameters, self.macs, self.image_size, self.budgets, budgets)
        if self.average_precision:
            values = self.average_precision
            _add(table, "held-out AP, not yet fine-tuned", [f"{value:.3f}" for value in values])
        _add(table, "largest difference to masked", ["", f"{self.difference:.1e}"])
        return table


def cost_table(
    parameters: tuple[int, int],
    macs: tuple[int, int],
    image_size: tuple[int, int],
    values: Mapping[str, tuple[float, float, float]],
    budgets: Sequence[Budget],
) -> Table:
    """What the dense and the pruned network cost, for a terminal; see `PruningResult` for the arguments."""
    table = Table(title="pruned")
    for column in ("", "dense", "pruned", "pruned / dense", "budget"):
        table.add_column(column, justify="right" if column else "left")
    height, width = image_size
    _add(table, "parameters", [f"{value:,}" for value in parameters], parameters)
    _add(table, f"MACs at {height} x {width}", [f"{value / 1e6:,.1f} M" for value in macs], macs)
    for budget in budgets:
        dense, pruned, limit = values[budget.text]
        shown = [budget.format(dense), budget.format(pruned)]
        _add(table, f"budget {budget.text}", shown, (dense, pruned), budget.format(limit))
    return table


def _add(table: Table, name: str, shown: Sequence[str], values: Sequence[float] = (), limit: str = "") -> None:
    ratio = f"{values[1] / values[0]:.3f}" if values else ""
    table.add_row(name, *shown, ratio, limit)


def largest_difference(
    one: FeatherFace, other: FeatherFace, images: Sequence[np.ndarray], image_size: tuple[int, int]
) -> float:
    """The largest absolute difference between any outputs of two networks.

    Args:
        one, other: networks with the same anchors.
        images: uint8 BGR [H, W, 3] of any size, at least one.
        image_size: (height, width) that they are letterboxed to.
    """
    mean = np.array(one.config.mean, np.float32)
    forward = tf.function(lambda batch: (one(batch, training=False), other(batch, training=False)))
    largest = 0.0
    for image in images:
        canvas, _ = letterbox(image, image_size, one.config.mean)
        ours, theirs = forward(tf.constant(canvas[None] - mean))
        largest = max(largest, *(float(tf.reduce_max(tf.abs(ours[name] - theirs[name]))) for name in ours))
    return largest
