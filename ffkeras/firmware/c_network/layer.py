"""One layer of a network as C will run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

SCALING = np.dtype([(name, np.int32) for name in ("bias", "multiplier", "rounding", "shift")])
C_TYPES = {np.dtype(np.int8): "int8_t", np.dtype(np.int32): "int32_t", SCALING: "Int8Scaling"}


@dataclass(frozen=True)
class Place:
    """A pointer to a tensor, or `offset` bytes into it."""

    tensor: int
    offset: int = 0


@dataclass(frozen=True)
class Scratch:
    """A pointer to the layer's working memory."""


Argument = Place | Scratch | str
Fields = Mapping[str, "int | str | Fields"]


@dataclass(frozen=True)
class Call:
    """A call of a kernel; arguments that are strings stand as they are."""

    function: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Layer:
    """An operation of the file as calls of kernels.

    Args:
        sources: C files of the kernels, without their ending.
        calls: in order.
        inputs: tensors that are read, constants among them.
        output: the tensor that is written.
        struct: type of the constant `layer` that calls refer to; empty where there is none.
        fields: of that struct.
        distances: inputs that the output may overlap where they are not needed any more -> how many bytes before such
            an input it must begin at least, so that nothing is overwritten before it is read.
        scratch: bytes of working memory.
        reads_behind: bytes behind an input that may be read, and do not matter.
    """

    sources: tuple[str, ...]
    calls: tuple[Call, ...]
    inputs: tuple[int, ...]
    output: int
    struct: str = ""
    fields: Fields = field(default_factory=dict)
    distances: Mapping[int, int] = field(default_factory=dict)
    scratch: int = 0
    reads_behind: int = 0


def one_call(
    kernel: str,
    struct: str,
    fields: Fields,
    inputs: Sequence[int],
    output: int,
    *,
    source: str = "",
    distances: Mapping[int, int] | None = None,
    scratch: int | None = None,
    reads_behind: int = 0,
) -> Layer:
    """A layer that is `kernel(&layer, inputs.., output)`, with a pointer to working memory where `scratch` is given."""
    places = tuple(Place(tensor) for tensor in (*inputs, output))
    last = () if scratch is None else ((Scratch() if scratch else "NULL"),)
    return Layer(
        sources=(source or kernel,),
        calls=(Call(kernel, ("&layer", *places, *last)),),
        inputs=tuple(inputs),
        output=output,
        struct=struct,
        fields=fields,
        distances=distances or {},
        scratch=scratch or 0,
        reads_behind=reads_behind,
    )


class Constants:
    """The constant arrays of a network, equal ones once.

    Attributes:
        arrays: name in C -> values, in the order in which they were added.
    """

    def __init__(self):
        self.arrays: dict[str, np.ndarray] = {}
        self._names: dict[tuple[str, bytes], str] = {}

    def add(self, role: str, number: int, values: np.ndarray) -> str:
        """The name of an array of int8, int32 or SCALING.

        Args:
            role: what it is, first part of its name.
            number: of the layer that needs it, second part of its name unless another has the same values.
            values: of any shape.
        """
        key = (C_TYPES[values.dtype], values.tobytes())
        name = self._names.setdefault(key, f"{role}_{number}")
        self.arrays.setdefault(name, values.ravel())
        return name

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(values.nbytes for values in self.arrays.values())
