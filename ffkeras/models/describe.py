"""What a network consists of: parts with parameters, multiply-accumulates and output shapes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from ffkeras.backend import keras
from ffkeras.layers import identity
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.specified_budgets import PART_BUDGETS, specified_total
from ffkeras.models.trace import FlatNetwork, count_macs


@dataclass(frozen=True)
class Part:
    """One part of a network.

    Attributes:
        attribute: of the network that holds it.
        parameters: trainable ones; a weight that several parts use counts in the first.
        budget: what the specification grants.
        macs: multiply-accumulates of its convolutions for one image; a layer that several parts call counts in the
            first, with all its calls.
        output_shapes: of the maps that leave it, without the batch.
    """

    name: str
    attribute: str
    parameters: int
    budget: str
    macs: int
    output_shapes: list[list[int]]


@dataclass(frozen=True)
class Description:
    """A network at one input size.

    Attributes:
        image_size: (height, width) in pixels.
        parameters: trainable ones.
        non_trainable: BatchNorm's moving statistics.
        budget: the specification's total.
        expected: that total as a number, None where it is a range.
        deviation: parameters / expected - 1, None without `expected`.
        macs: multiply-accumulates for one image.
        outputs: shape of each output, without the batch.
    """

    network: str
    image_size: tuple[int, int]
    parameters: int
    non_trainable: int
    budget: str
    expected: int | None
    deviation: float | None
    macs: int
    parts: list[Part]
    outputs: dict[str, list[int]]


def describe(model: FeatherFace, image_size: tuple[int, int]) -> Description:
    """Measure a network at an input size.

    Args:
        model: a built network.
        image_size: (height, width) in pixels, multiples of 32.
    """
    flat = model.flat(image_size)
    owners = layer_owners(model)
    macs = _macs_by_part(flat, owners)
    shapes = _shapes_by_part(flat, owners)
    parameters = _parameters_by_part(model)
    parts = [
        Part(
            name,
            attribute,
            parameters[attribute],
            PART_BUDGETS[model.config.network][attribute],
            macs.get(attribute, 0),
            shapes.get(attribute, []),
        )
        for name, attribute in model.PARTS
    ]
    total = _count(model.trainable_weights)
    budget, expected = specified_total(model.config)
    return Description(
        network=model.config.network,
        image_size=image_size,
        parameters=total,
        non_trainable=_count(model.non_trainable_weights),
        budget=budget,
        expected=expected,
        deviation=total / expected - 1 if expected else None,
        macs=sum(part.macs for part in parts),
        parts=parts,
        outputs={name: list(flat.calls[position].shape[1:]) for name, position in flat.outputs.items()},
    )


def make_table(description: Description) -> Table:
    """The description for a terminal."""
    height, width = description.image_size
    outputs = ", ".join(f"{name} {_shape_text(shape)}" for name, shape in description.outputs.items())
    table = Table(title=f"{description.network} at {height} x {width}", caption=f"outputs: {outputs}", show_footer=True)
    deviation = "" if description.deviation is None else f" ({description.deviation:+.2%})"
    table.add_column("part", "total", no_wrap=True)
    table.add_column("parameters", f"{description.parameters:,}", justify="right", no_wrap=True)
    table.add_column("budget", description.budget + deviation)
    table.add_column("MACs (M)", f"{description.macs / 1e6:,.2f}", justify="right", no_wrap=True)
    table.add_column("output")
    for part in description.parts:
        shapes = ", ".join(map(_shape_text, part.output_shapes))
        table.add_row(part.name, f"{part.parameters:,}", part.budget, f"{part.macs / 1e6:,.2f}", shapes)
    return table


def _shape_text(shape: list[int]) -> str:
    return "x".join(map(str, shape))


def _count(weights: Iterable) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


def _layers_of(part: object) -> Iterator[keras.layers.Layer]:
    """The layers of a part, nested ones too: a part is a layer, a list or dict of parts, or `identity`."""
    if part is identity:
        return
    if isinstance(part, keras.layers.Layer):
        yield part
        yield from (inner for inner in part.submodules if isinstance(inner, keras.layers.Layer))
        return
    for inner in part.values() if isinstance(part, dict) else part:
        yield from _layers_of(inner)


def layer_owners(model: FeatherFace) -> dict[int, str]:
    """The first part, by attribute, that holds each layer, by id."""
    owners: dict[int, str] = {}
    for _, attribute in model.PARTS:
        for layer in _layers_of(getattr(model, attribute)):
            owners.setdefault(id(layer), attribute)
    return owners


def _parameters_by_part(model: FeatherFace) -> dict[str, int]:
    seen: set[int] = set()
    counts = {}
    for _, attribute in model.PARTS:
        layers = _layers_of(getattr(model, attribute))
        weights = {id(weight): weight for layer in layers for weight in layer.trainable_weights}
        counts[attribute] = _count(weight for key, weight in weights.items() if key not in seen)
        seen |= weights.keys()
    return counts


def _macs_by_part(flat: FlatNetwork, owners: dict[int, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for call in flat.calls:
        macs = count_macs(call)
        if macs:
            owner = owners[id(call.layer)]
            counts[owner] = counts.get(owner, 0) + macs
    return counts


def _shapes_by_part(flat: FlatNetwork, owners: dict[int, str]) -> dict[str, list[list[int]]]:
    """Shapes of the maps that leave each part: used by another part, or outputs of the network."""
    uses = [(source, owners.get(id(call.layer))) for call in flat.calls for source in call.sources]
    leaving: dict[str, list[list[int]]] = {}
    for position, user in [*uses, *((position, None) for position in flat.outputs.values())]:
        made = flat.calls[position]
        maker = owners.get(id(made.layer))
        shape = list(made.shape[1:])
        if maker is not None and maker != user and shape not in leaving.setdefault(maker, []):
            leaving[maker].append(shape)
    return {maker: sorted(shapes, reverse=True) for maker, shapes in leaving.items()}
