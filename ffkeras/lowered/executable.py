"""A lowered function, compiled and run by JAX."""

import json
from pathlib import Path

import jax
import numpy as np
from jax._src.interpreters import mlir as jax_mlir
from jax._src.lib import xla_client
from jax._src.lib.mlir import ir

from ffkeras.lowered.arrays import unpack

jax.config.update("jax_enable_x64", True)  # the optimizer counts in int64


class Executable:
    """A function that `ffkeras.lowered.export` wrote, on JAX's first device.

    Args:
        folder: of the lowered training.
        name: of the function.
    """

    def __init__(self, folder: Path, name: str):
        interface = json.loads((folder / f"{name}.json").read_text())
        self.parameters: list[int] = interface["parameters"]
        self.results = {int(parameter): output for parameter, output in interface["results"].items()}
        with jax_mlir.make_ir_context():
            module = ir.Module.parse((folder / f"{name}.mlir").read_text())
            device = jax.devices()[0]
            options = xla_client.CompileOptions()
            self._compiled = device.client.compile_and_load(module, xla_client.DeviceList((device,)), options)
        self._constants = [jax.device_put(value) for value in unpack(folder / f"{name}.constants.npz")]

    def __call__(self, arguments: list, variables: list) -> list:
        """Run the function.

        Args:
            arguments: arrays on the device.
            variables: arrays on the device; those that the function changes are replaced in this list.

        Returns:
            The function's own results.
        """
        values = [self._value(p, arguments, variables) for p in self.parameters]
        outputs = [
            shards[0] for shards in self._compiled.execute_sharded(values).disassemble_into_single_device_arrays()
        ]
        replaced = set()
        for parameter, output in self.results.items():
            variables[self.parameters[parameter]] = outputs[output]
            replaced.add(output)
        return [value for i, value in enumerate(outputs) if i not in replaced]

    def _value(self, parameter: int, arguments: list, variables: list):
        if parameter < 0:
            return arguments[-1 - parameter]
        return variables[parameter] if parameter < len(variables) else self._constants[parameter - len(variables)]


def to_device(values: list[np.ndarray]) -> list:
    """Arrays on JAX's first device, with their types as they are."""
    return [jax.device_put(value) for value in values]
