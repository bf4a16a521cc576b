"""A lowered function, compiled and run by JAX."""

import json
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from jax._src import core
from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir
from jax._src.lib.mlir.dialects import func

from ffkeras.lowered.arrays import unpack

jax.config.update("jax_enable_x64", True)  # the optimizer counts in int64

TYPES = {"f32": np.float32, "i64": np.int64, "i32": np.int32, "i1": np.bool_, "ui8": np.uint8}


@dataclass(frozen=True, eq=False)
class Module:
    """StableHLO text, and the shapes and types of its main function."""

    name: str
    text: str
    parameters: tuple[core.ShapedArray, ...]
    results: tuple[core.ShapedArray, ...]

    @classmethod
    def read(cls, folder: Path, name: str) -> "Module":
        """Parse what `ffkeras.lowered.export` wrote."""
        text = (folder / f"{name}.mlir").read_text()
        with mlir.make_ir_context():
            kind = _function_type(ir.Module.parse(text), "main")
            return cls(name, text, *(tuple(map(_shaped, types)) for types in (kind.inputs, kind.results)))


def _function_type(module: ir.Module, name: str) -> ir.FunctionType:
    for operation in module.body.operations:
        if ir.StringAttr(operation.attributes["sym_name"]).value == name:
            return ir.FunctionType(ir.TypeAttr(operation.attributes["function_type"]).value)
    raise ValueError(f"a module without a function {name}")


def _shaped(kind: ir.Type) -> core.ShapedArray:
    tensor = ir.RankedTensorType(kind)
    return core.ShapedArray(tuple(tensor.shape), np.dtype(TYPES[str(tensor.element_type)]))


# Calls the main function of a module. Going through JAX's tracing, instead of giving the module to the compiler
# directly, lets `jax.jit` hand over the more than thousand small arrays of a step: five times as fast.
call_module = core.Primitive("call_module")
call_module.multiple_results = True
call_module.def_abstract_eval(lambda *_, module: module.results)


def _lower_call(context, *values, module: Module):
    whole, source = context.module_context, ir.Module.parse(module.text)
    name = mlir.merge_mlir_modules(whole.module, f"lowered_{module.name}", source, dst_symtab=whole.symbol_table)
    results = list(_function_type(whole.module, name).results)
    return func.CallOp(results, ir.FlatSymbolRefAttr.get(name), list(values)).results


mlir.register_lowering(call_module, _lower_call)


class Executable:
    """A function that `ffkeras.lowered.export` wrote, compiled for JAX's first device.

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
