"""What a .tflite file is made of: its operations, float tensors, input quantisation and output names."""

from collections import Counter
from dataclasses import dataclass

from ai_edge_litert import schema_py_generated as schema

_OPERATOR_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_CUSTOM = (schema.BuiltinOperator.CUSTOM, schema.BuiltinOperator.DELEGATE)
EVERYWHERE_INT8 = Counter()  # no operation in floating point
_FLOATS = (schema.TensorType.FLOAT32, schema.TensorType.FLOAT16, schema.TensorType.FLOAT64)


@dataclass(frozen=True)
class Graph:
    """A summary of the one graph of a file.

    Args:
        operations: how often each operation occurs, by TFLite's name of it.
        custom_operations: names of operations that plain runtimes lack (Flex and others).
        float_tensors: names of tensors in floating point, constants too.
        float_operations: how often each operation occurs that reads or writes such a tensor.
        input_quantization: (scale, zero point) of the input, None for a float input.
        outputs: name in the signature -> the interpreter's tensor name.
        output_scales: name in the signature -> what one step of the int8 output is worth, or of the int8 tensor that a
            float output is dequantised from; without other float outputs.
    """

    operations: Counter
    custom_operations: tuple[str, ...]
    float_tensors: tuple[str, ...]
    float_operations: Counter
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
    operations = [_OPERATOR_NAMES[code] for code in codes]
    dequantized = {
        operator.outputs[0]: operator.inputs[0]
        for name, operator in zip(operations, graph.operators, strict=True)
        if name == "DEQUANTIZE"
    }
    whole = {entry.name.decode(): dequantized.get(entry.tensorIndex, entry.tensorIndex) for entry in signature.outputs}
    quantizations = {name: _quantization(graph.tensors[tensor]) for name, tensor in whole.items()}
    return Graph(
        operations=Counter(operations),
        custom_operations=tuple(
            sorted({str(entry.customCode) for entry, code in zip(used, codes, strict=True) if code in _CUSTOM})
        ),
        float_tensors=tuple(name for name, tensor in zip(names, graph.tensors, strict=True) if tensor.type in _FLOATS),
        float_operations=Counter(
            name
            for name, operator in zip(operations, graph.operators, strict=True)
            if any(graph.tensors[i].type in _FLOATS for i in (*operator.inputs, *operator.outputs) if i >= 0)
        ),
        input_quantization=_quantization(graph.tensors[graph.inputs[0]]),
        outputs={name: tensor.name.decode() for name, tensor in outputs.items()},
        output_scales={name: scale_and_zero[0] for name, scale_and_zero in quantizations.items() if scale_and_zero},
    )


def graph_faults(graph: Graph, int8: bool, float_operations: Counter = EVERYWHERE_INT8) -> list[str]:
    """What keeps a graph from running on every runtime; empty where nothing does.

    Args:
        graph: of the file.
        int8: the network is meant to be in whole numbers throughout.
        float_operations: what may work in floating point around it, at the borders or after its outputs.
    """
    faults = []
    if graph.custom_operations:
        faults.append(f"it has the custom operations {', '.join(graph.custom_operations)}")
    if int8 and not float_operations and graph.float_tensors:
        faults.append(f"{len(graph.float_tensors)} tensors are in floating point, such as {graph.float_tensors[0]}")
    elif int8 and (surplus := graph.float_operations - float_operations):
        faults.append(f"{surplus.total()} operations inside work in floating point: {', '.join(surplus)}")
    if int8 and graph.operations["FULLY_CONNECTED"]:
        faults.append("it has fully connected layers, which tflite-runtime 2.14 cannot run on ARM")
    return faults


def _quantization(tensor: schema.TensorT) -> tuple[float, int] | None:
    if tensor.type in _FLOATS:
        return None
    return float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
