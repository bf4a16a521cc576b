"""One layer of a network as C will run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

C_TYPES = {np.dtype(np.int8): "int8_t", np.dtype(np.int32): "int32_t"}


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
    """

    sources: tuple[str, ...]
    calls: tuple[Call, ...]
    inputs: tuple[int, ...]
    output: int
    struct: str = ""
    fields: Fields = field(default_factory=dict)
    distances: Mapping[int, int] = field(default_factory=dict)
    scratch: int = 0


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
        """The name of an array of int8 or int32.

        Args:
            role: what it is, first part of its name.
            number: of the layer that needs it, second part of its name unless another has the same values.
            values: of any shape.
        """
        key = (values.dtype.str, values.tobytes())
        name = self._names.setdefault(key, f"{role}_{number}")
        self.arrays.setdefault(name, values.ravel())
        return name

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(values.nbytes for values in self.arrays.values())
