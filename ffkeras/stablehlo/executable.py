"""A lowered function, compiled and run by JAX."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from ffkeras.stablehlo.arrays import unpack
from ffkeras.stablehlo.jax_internals import Module, call_module
from ffkeras.stablehlo.state import LEARNING_RATE, Layout, pack_state, unpack_state

jax.config.update("jax_enable_x64", True)  # the optimizer counts in int64


class LoweredFunction:
    """A function that `ffkeras.stablehlo.export` wrote, to be called inside of a function that JAX traces.

    Args:
        folder: of the lowered training.
        name: of the function.

    Attributes:
        arguments: shapes and types of its own arguments, in order.
        used: numbers of the variables that it reads or changes.
        constants: arrays that it is called with, in order.
    """

    def __init__(self, folder: Path, name: str):
        interface = json.loads((folder / f"{name}.json").read_text())
        self._parameters: list[int] = interface["parameters"]
        self._results = {self._parameters[int(p)]: output for p, output in interface["results"].items()}
        self._module = Module.read(folder, name)
        self.constants = unpack(folder / f"{name}.constants.npz")
        self._shapes = dict(zip(self._parameters, self._module.parameters, strict=True))
        self.arguments = [self._shapes[p] for p in sorted((p for p in self._shapes if p < 0), reverse=True)]
        indices = sorted(p for p in self._shapes if p >= 0)
        split = len(indices) - len(self.constants)
        self.used, self._held = indices[:split], indices[split:]

    def __call__(self, variables: list, arguments: list, constants: list) -> tuple[list, list]:
        """The function's own results, and the variables afterwards.

        Args:
            variables: those of `used`, in that order.
            arguments: its own.
            constants: as `constants`.
        """
        known = {**dict(zip(self.used, variables, strict=True)), **dict(zip(self._held, constants, strict=True))}
        values = [arguments[-1 - p] if p < 0 else known[p] for p in self._parameters]
        outputs = call_module.bind(*values, module=self._module)
        changed = set(self._results.values())
        own = [value for i, value in enumerate(outputs) if i not in changed]
        return own, [outputs[self._results[p]] if p in self._results else known[p] for p in self.used]

    def step(self, variables: list, rate, arguments: list, constants: list) -> tuple[list, jax.Array]:
        """The variables after a train step, and its losses.

        Args:
            variables: all of the step's; the first one is set to the learning rate.
            rate: of learning.
            arguments, constants: as of a call.
        """
        variables = [*variables]
        variables[LEARNING_RATE] = rate
        (losses,), changed = self([variables[i] for i in self.used], arguments, constants)
        for index, value in zip(self.used, changed, strict=True):
            variables[index] = value
        return variables, losses


class Executable:
    """A function of arguments alone that `ffkeras.stablehlo.export` wrote, compiled for JAX's first device.

    Args:
        folder: of the lowered training.
        name: of the function.
    """

    def __init__(self, folder: Path, name: str):
        function = LoweredFunction(folder, name)
        self._constants = to_device(function.constants)

        def compute(arguments: list, constants: list) -> list:
            return function([], arguments, constants)[0]

        self._compiled = jax.jit(compute).lower(*structs(function.arguments, self._constants)).compile()

    def __call__(self, arguments: list) -> list:
        """The function's results, of arrays on the device."""
        return self._compiled(arguments, self._constants)


class PackedStep:
    """A train step that `ffkeras.stablehlo.export` wrote, as a function of a packed state, compiled likewise.

    Args:
        folder: of the lowered training.
        name: of the step.
        layout: of the state that its variables are.
    """

    def __init__(self, folder: Path, name: str, layout: Layout):
        self._function, self._layout = LoweredFunction(folder, name), layout
        self._constants = to_device(self._function.constants)
        rate = jax.ShapeDtypeStruct((), np.float32)
        vectors = jax.eval_shape(lambda values: pack_state(values, jnp.concatenate), *structs(shaped(layout)))
        shapes = structs(self._function.arguments, self._constants)
        self._compiled = jax.jit(self._step, donate_argnums=0).lower(vectors, rate, *shapes).compile()

    def __call__(self, state: dict, rate: float, arguments: list) -> tuple[dict, jax.Array]:
        """Do a step.

        Args:
            state: packed, on the device; gone afterwards.
            rate: of learning.
            arguments: the step's own, on the device.

        Returns:
            The state afterwards, and the losses.
        """
        return self._compiled(state, np.float32(rate), arguments, self._constants)

    def _step(self, state: dict, rate, arguments: list, constants: list) -> tuple[dict, jax.Array]:
        variables, losses = self._function.step(unpack_state(state, self._layout), rate, arguments, constants)
        return pack_state(variables, jnp.concatenate), losses


def shaped(layout: Layout) -> list:
    """Stand-ins for the arrays of a state."""
    return [jax.ShapeDtypeStruct(*of) for of in zip(layout.shapes, layout.types, strict=True)]


def structs(*parts: list) -> list[list]:
    """Stand-ins for arrays, in lists as they are."""
    return [[jax.ShapeDtypeStruct(array.shape, array.dtype) for array in part] for part in parts]


def to_device(values: list[np.ndarray]) -> list:
    """Arrays on JAX's first device, with their types as they are."""
    return [jax.device_put(value) for value in values]
