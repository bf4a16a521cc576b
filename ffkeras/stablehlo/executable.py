"""A lowered function, compiled and run by JAX."""

import json
from pathlib import Path

import jax
import numpy as np

from ffkeras.stablehlo.arrays import unpack
from ffkeras.stablehlo.jax_internals import Module, call_module

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

    @property
    def variables(self) -> list:
        """Shapes and types of the variables of `used`."""
        return [self._shapes[p] for p in self.used]


class Executable:
    """A function that `ffkeras.stablehlo.export` wrote, compiled for JAX's first device.

    Args:
        folder: of the lowered training.
        name: of the function.
    """

    def __init__(self, folder: Path, name: str):
        self._function = LoweredFunction(folder, name)
        self._constants = to_device(self._function.constants)
        shapes = (self._function.variables, self._function.arguments, self._constants)
        structs = [[jax.ShapeDtypeStruct(a.shape, a.dtype) for a in part] for part in shapes]
        self._compiled = jax.jit(self._function, donate_argnums=0).lower(*structs).compile()

    def __call__(self, arguments: list, variables: list) -> tuple[list, list]:
        """Run the function.

        Args:
            arguments: arrays on the device.
            variables: arrays on the device; those that the function uses are gone afterwards.

        Returns:
            The function's own results, and the variables afterwards.
        """
        used = self._function.used
        own, changed = self._compiled([variables[i] for i in used], arguments, self._constants)
        for index, value in zip(used, changed, strict=True):
            variables[index] = value
        return own, variables


def to_device(values: list[np.ndarray]) -> list:
    """Arrays on JAX's first device, with their types as they are."""
    return [jax.device_put(value) for value in values]
