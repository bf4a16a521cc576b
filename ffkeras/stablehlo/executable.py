"""A lowered function, compiled and run by JAX."""

import json
from pathlib import Path

import jax
import numpy as np

from ffkeras.stablehlo.arrays import unpack
from ffkeras.stablehlo.jax_internals import Module, call_module

jax.config.update("jax_enable_x64", True)  # the optimizer counts in int64


class Executable:
    """A function that `ffkeras.stablehlo.export` wrote, compiled for JAX's first device.

    Args:
        folder: of the lowered training.
        name: of the function.
    """

    def __init__(self, folder: Path, name: str):
        interface = json.loads((folder / f"{name}.json").read_text())
        self._parameters: list[int] = interface["parameters"]
        self._results = {self._parameters[int(p)]: output for p, output in interface["results"].items()}
        self._module = Module.read(folder, name)
        self._constants = [jax.device_put(value) for value in unpack(folder / f"{name}.constants.npz")]
        self._compiled = self._compile()

    def __call__(self, arguments: list, variables: list) -> tuple[list, list]:
        """Run the function.

        Args:
            arguments: arrays on the device.
            variables: arrays on the device; those that the function uses are gone afterwards.

        Returns:
            The function's own results, and the variables afterwards.
        """
        own, used = self._compiled([variables[i] for i in self._used], arguments, self._constants)
        for index, value in zip(self._used, used, strict=True):
            variables[index] = value
        return own, variables

    def _compile(self):
        shapes = dict(zip(self._parameters, self._module.parameters, strict=True))
        arguments = [shapes[p] for p in sorted((p for p in shapes if p < 0), reverse=True)]
        constants = len(self._constants)
        indices = sorted(p for p in shapes if p >= 0)
        self._used, held = indices[: len(indices) - constants], indices[len(indices) - constants :]

        def function(variables, arguments, constants):
            known = {**dict(zip(self._used, variables, strict=True)), **dict(zip(held, constants, strict=True))}
            values = [arguments[-1 - p] if p < 0 else known[p] for p in self._parameters]
            outputs = call_module.bind(*values, module=self._module)
            changed = set(self._results.values())
            own = [value for i, value in enumerate(outputs) if i not in changed]
            return own, [outputs[self._results[p]] if p in self._results else known[p] for p in self._used]

        as_struct = lambda p: jax.ShapeDtypeStruct(shapes[p].shape, shapes[p].dtype)  # noqa: E731
        structs = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in arguments]
        lowered = jax.jit(function, donate_argnums=0).lower(
            list(map(as_struct, self._used)), structs, list(map(as_struct, held))
        )
        return lowered.compile()


def to_device(values: list[np.ndarray]) -> list:
    """Arrays on JAX's first device, with their types as they are."""
    return [jax.device_put(value) for value in values]
