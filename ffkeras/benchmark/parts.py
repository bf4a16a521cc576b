"""Which part of a network an operation of its file belongs to, by the layers that the tensors are named after."""

import re
from collections.abc import Iterable

from ffkeras.runtime.metadata import Metadata

LAYER = re.compile(r"_flat/([a-z_0-9]+?)(?:_(\d+))?/")  # kind and number of a layer in a tensor's name
Layer = tuple[str, int]


def layers_in(name: str) -> list[Layer]:
    """The layers, as (kind, number), that a tensor is named after; several where they were fused."""
    return [(kind, int(number or 0)) for kind, number in LAYER.findall(name)]


def assign_parts(outputs: Iterable[tuple[str, list[str]]], owners: dict[Layer, str]) -> list[str | None]:
    """The part of every operation; one named after no layer is of the part that its inputs come from.

    Keras numbers layers on through a process, so a file's numbers are an unknown step above those of a fresh network:
    for each kind of layer, the one that makes the lowest numbers equal.

    Args:
        outputs: name of each operation's output, and the names of its inputs, in the order of the file.
        owners: layer -> name of the part, in a network that was built first in its process.

    Returns:
        Names of parts; None where the file's layers are not those of the network.
    """
    outputs = list(outputs)
    numbers: dict[str, set[int]] = {}
    for name, _ in outputs:
        for kind, number in layers_in(name):
            numbers.setdefault(kind, set()).add(number)
    step = {kind: min(found) - _lowest(owners, kind) for kind, found in numbers.items()}
    parts: dict[str, str | None] = {}
    for name, inputs in outputs:
        own = [owners.get((kind, number - step[kind])) for kind, number in layers_in(name)]
        inherited = [parts[source] for source in inputs if source in parts]
        parts[name] = next(filter(None, own + inherited), None)
    return [parts[name] for name, _ in outputs]


def part_owners(record: Metadata) -> dict[Layer, str]:
    """The layers of the network that a record describes, and the name of the part that each belongs to.

    Builds the network: needs TensorFlow.
    """
    from ffkeras.models.build import build_model
    from ffkeras.models.config import config_from_json
    from ffkeras.models.describe import layer_owners

    model = build_model(config_from_json(record.model))
    names = {attribute: name for name, attribute in model.PARTS}
    owners = layer_owners(model)
    flat = model.flat(record.image_size)
    found = {}
    for layer in {call.layer.name: call.layer for call in flat.calls}.values():
        (place,) = layers_in(f"_flat/{layer.name}/")
        if id(layer) in owners:
            found[place] = names[owners[id(layer)]]
    return found


def _lowest(owners: dict[Layer, str], kind: str) -> int:
    return min((number for name, number in owners if name == kind), default=0)
