"""Weights from one network into another, part by part."""

import logging
import os
from collections.abc import Iterator, Sequence

from ffkeras.backend import keras, tf
from ffkeras.errors import UserError
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import load_run

logger = logging.getLogger(__name__)


def part_names(model: FeatherFace) -> tuple[str, ...]:
    """The parts of a network: `backbone`, `pyramid`, `context`, `heads`, ..., as `tools/describe.py` lists them."""
    return tuple(dict.fromkeys(attribute for _, attribute in model.PARTS))


def part_weights(model: FeatherFace, part: str) -> dict[str, tf.Variable]:
    """The weights of a part by their names in it, such as `blocks.3.pointwise.norm.gamma`."""
    return dict(_walk(getattr(model, part), ""))


def _walk(value, name: str) -> Iterator[tuple[str, tf.Variable]]:
    if isinstance(value, tf.Variable):
        yield name, value
    elif isinstance(value, keras.layers.Layer):
        for attribute, child in sorted(vars(value).items()):
            if not attribute.startswith("_"):
                yield from _walk(child, f"{name}.{attribute}" if name else attribute)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, child in enumerate(value):
            yield from _walk(child, f"{name}.{index}" if name else str(index))


def load_parts(model: FeatherFace, run: str | os.PathLike, parts: Sequence[str]) -> None:
    """Take whatever agrees in name and shape from the parts of a trained network; the log says what did.

    Args:
        model: the network to change.
        run: folder of a float run, of any network.
        parts: names of parts.

    Raises:
        UserError: no usable run, a part that one of the networks does not have, or a part of which nothing agrees.
    """
    source = load_run(run)
    found: list[tuple[tf.Variable, tf.Variable]] = []
    for part in parts:
        for network, owner in ((model, f"the network {model.name}"), (source, str(run))):
            if part not in part_names(network):
                raise UserError(f"{owner} has no part {part!r}; its parts are {', '.join(part_names(network))}.")
        wanted, offered = part_weights(model, part), part_weights(source, part)
        same = [name for name, weight in wanted.items() if name in offered and offered[name].shape == weight.shape]
        if not same:
            raise UserError(f"nothing in {part} of {run} has the names and shapes of {model.name}; leave out {part}.")
        found += [(wanted[name], offered[name]) for name in same]
        left = sorted(set(wanted) - set(same))
        told = f"; as they were: {', '.join(left[:3])}{' and more' if len(left) > 3 else ''}" if left else ""
        logger.info("%s: %d of %d arrays from %s%s", part, len(same), len(wanted), run, told)
    for target, value in found:
        target.assign(value)
