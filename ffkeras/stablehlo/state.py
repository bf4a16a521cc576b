"""Many arrays as one vector for each of their types: handing over hundreds takes longer than computing with them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

LEARNING_RATE = 0  # number of the variable of a train step that is set before it


class Layout(Protocol):
    """What arrays a state is of: a `StateLayout`, or a `Leg`; fields as there."""

    shapes: tuple[tuple[int, ...], ...]
    types: tuple[str, ...]


@dataclass(frozen=True)
class StateLayout:
    """What arrays a state is of.

    Args:
        shapes: in order.
        types: by NumPy's names.
    """

    shapes: tuple[tuple[int, ...], ...]
    types: tuple[str, ...]

    @classmethod
    def of(cls, values: list) -> "StateLayout":
        """That of these arrays."""
        return cls(tuple(tuple(value.shape) for value in values), tuple(str(value.dtype) for value in values))


def pack_state(values: list, concatenate=np.concatenate) -> dict:
    """Arrays as one vector for each of their types, by its name, in the order in which they come.

    Args:
        values: NumPy's or JAX's arrays.
        concatenate: of the library whose arrays they are.
    """
    kinds = sorted({str(value.dtype) for value in values})
    return {kind: concatenate([value.reshape(-1) for value in values if str(value.dtype) == kind]) for kind in kinds}


def unpack_state(packed: dict, layout: Layout) -> list:
    """What `pack_state` packed, in its shapes. Raises ValueError where it is of another network."""
    begins, values = dict.fromkeys(packed, 0), []
    for shape, kind in zip(layout.shapes, layout.types, strict=True):
        size = int(np.prod(shape))
        if kind not in packed or begins[kind] + size > packed[kind].size:
            raise ValueError("a state of another network")
        values.append(packed[kind][begins[kind] : begins[kind] + size].reshape(shape))
        begins[kind] += size
    if any(begins[kind] != vector.size for kind, vector in packed.items()):
        raise ValueError("a state of another network")
    return values
