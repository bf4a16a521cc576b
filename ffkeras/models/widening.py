"""A network's weights in a wider one that computes the same until it is trained on."""

import logging
import os

import numpy as np

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.parts import part_names, part_weights
from ffkeras.models.saving import load_run

logger = logging.getLogger(__name__)

PROBE_SIZE = 64  # pixels, the side of the noise image on which both networks are compared
TOLERANCE = 1e-3  # of any output


def load_widened(model: FeatherFace, run: str | os.PathLike) -> None:
    """Give a network the weights of one with fewer channels: both have the same outputs, the rest is free to learn.

    After Net2Net (Chen et al. 2016), but the further channels start at random instead of as copies, and what reads
    them starts at zero: copies that see the same gradients would stay copies.

    Args:
        model: the network to change, with initial weights.
        run: folder of a float run whose layers have no more channels each.

    Raises:
        UserError: no usable run, other layers, a layer with more channels, or channels whose order changes by the
            widening (as a concatenation's would).
    """
    source = load_run(run)
    if part_names(source) != part_names(model):
        raise UserError(f"{run} has the parts {', '.join(part_names(source))}, not those of {model.name}; use --parts.")
    widened = 0
    for part in part_names(model):
        offered, wanted = part_weights(source, part), part_weights(model, part)
        if offered.keys() != wanted.keys():
            raise UserError(f"{part} of {run} has other layers than that of {model.name}; use --parts.")
        for name, weight in wanted.items():
            narrow = offered[name].numpy()
            if len(narrow.shape) != len(weight.shape) or any(map(int.__gt__, narrow.shape, weight.shape)):
                raise UserError(
                    f"{part}.{name} of {run} has the shape {narrow.shape}, which does not fit into "
                    f"{tuple(weight.shape)}; a run can only be continued by layers as wide or wider."
                )
            weight.assign(_in_corner(narrow, weight.numpy(), name))
            widened += narrow.shape != tuple(weight.shape)
    if (difference := _difference(source, model)) > TOLERANCE:
        raise UserError(
            f"the network would not compute what {run} does (outputs differ by {difference:.2g}); "
            "only widths whose channels are not concatenated can grow."
        )
    logger.info("%s: all weights of %s, %d arrays wider than there", model.name, run, widened)


def _in_corner(narrow: np.ndarray, wide: np.ndarray, name: str) -> np.ndarray:
    """The wide array with the narrow one in its first channels; these do not see the inputs that are new."""
    wide = wide.copy()
    if wide.ndim == 4 and not name.endswith("depthwise_kernel"):
        wide[:, :, narrow.shape[2] :, : narrow.shape[3]] = 0.0
    wide[tuple(map(slice, narrow.shape))] = narrow
    return wide


def _difference(a: FeatherFace, b: FeatherFace) -> float:
    noise = np.random.default_rng(0).uniform(-128, 128, (1, PROBE_SIZE, PROBE_SIZE, 3)).astype(np.float32)
    outputs = [tf.nest.flatten(network(noise, training=False)) for network in (a, b)]
    return max(float(tf.reduce_max(tf.abs(one - other))) for one, other in zip(*outputs, strict=True))
