"""StableHLO text as a function of JAX, by JAX's private modules, which are named in this file alone.

They may change with any version of JAX; setup.cfg's extra `jax` has those that were tried.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jax._src import core
from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir
from jax._src.lib.mlir.dialects import func

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
        """Parse what `ffkeras.stablehlo.export` wrote."""
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
