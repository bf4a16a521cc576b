"""What a .tflite file is made of: its operations, float tensors, input quantisation and output names."""

from collections import Counter
from dataclasses import dataclass

from ai_edge_litert import schema_py_generated as schema

_OPERATOR_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_CUSTOM = (schema.BuiltinOperator.CUSTOM, schema.BuiltinOperator.DELEGATE)
_FLOATS = (schema.TensorType.FLOAT32, schema.TensorType.FLOAT16, schema.TensorType.FLOAT64)


@dataclass(frozen=True)
class Graph:
    """A summary of the one graph of a file.

    Args:
        operations: how often each operation occurs, by TFLite's name of it.
        custom_operations: names of operations that plain runtimes lack (Flex and others).
        float_tensors: names of tensors in floating point, constants too.
        input_quantization: (scale, zero point) of the input, None for a float input.
        outputs: name in the signature -> the interpreter's tensor name.
        output_scales: name in the signature -> what one step of the int8 output is worth; empty for float outputs.
    """

    operations: Counter
    custom_operations: tuple[str, ...]
    float_tensors: tuple[str, ...]
    input_quantization: tuple[float, int] | None
    outputs: dict[str, str]
    output_scales: dict[str, float]


def read_graph(model: bytes) -> Graph:
    """Summarise a .tflite file that the converter wrote."""
    tree = schema.ModelT.InitFromPackedBuf(model)
    graph = tree.subgraphs[0]
    names = [tensor.name.decode() for tensor in graph.tensors]
    used = [tree.operatorCodes[operator.opcodeIndex] for operator in graph.operators]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in used]
    (signature,) = tree.signatureDefs
    outputs = {entry.name.decode(): graph.tensors[entry.tensorIndex] for entry in signature.outputs}
    quantizations = {name: _quantization(tensor) for name, tensor in outputs.items()}
    return Graph(
        operations=Counter(_OPERATOR_NAMES[code] for code in codes),
        custom_operations=tuple(
            sorted({str(entry.customCode) for entry, code in zip(used, codes, strict=True) if code in _CUSTOM})
        ),
        float_tensors=tuple(name for name, tensor in zip(names, graph.tensors, strict=True) if tensor.type in _FLOATS),
        input_quantization=_quantization(graph.tensors[graph.inputs[0]]),
        outputs={name: tensor.name.decode() for name, tensor in outputs.items()},
        output_scales={name: scale_and_zero[0] for name, scale_and_zero in quantizations.items() if scale_and_zero},
    )


def graph_faults(graph: Graph, int8: bool) -> list[str]:
    """What keeps a graph from running on every runtime; empty where nothing does.

    Args:
        graph: of the file.
        int8: the file is meant to be in whole numbers throughout.
    """
    faults = []
    if graph.custom_operations:
        faults.append(f"it has the custom operations {', '.join(graph.custom_operations)}")
    if int8 and graph.float_tensors:
        faults.append(f"{len(graph.float_tensors)} tensors are in floating point, such as {graph.float_tensors[0]}")
    if int8 and graph.operations["FULLY_CONNECTED"]:
        faults.append("it has fully connected layers, which tflite-runtime 2.14 cannot run on ARM")
    return faults


def _quantization(tensor: schema.TensorT) -> tuple[float, int] | None:
    if tensor.type in _FLOATS:
        return None
    return float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
