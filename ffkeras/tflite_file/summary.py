"""What a .tflite file is made of: its operations, float tensors, input quantisation and output names."""

from collections import Counter
from dataclasses import dataclass

from ffkeras.tflite_file.graph import ABSENT, TfliteGraph, is_custom

EVERYWHERE_INT8 = Counter()  # no operation in floating point


@dataclass(frozen=True)
class GraphSummary:
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


def summarise_graph(model: bytes) -> GraphSummary:
    """Summarise a .tflite file that the converter wrote."""
    graph = TfliteGraph(model)
    kinds = [graph.kind(operator) for operator in graph.operators]
    custom = {graph.kind(operator) for operator in graph.operators if is_custom(graph.code(operator))}
    outputs = graph.named_outputs
    dequantized = {
        operator.outputs[0]: operator.inputs[0]
        for kind, operator in zip(kinds, graph.operators, strict=True)
        if kind == "DEQUANTIZE"
    }
    quantizations = {name: _quantization(graph, dequantized.get(tensor, tensor)) for name, tensor in outputs.items()}
    return GraphSummary(
        operations=Counter(kinds),
        custom_operations=tuple(sorted(custom)),
        float_tensors=tuple(graph.name(index) for index in range(len(graph.tensors)) if graph.is_float(index)),
        float_operations=Counter(
            kind
            for kind, operator in zip(kinds, graph.operators, strict=True)
            if any(graph.is_float(i) for i in (*operator.inputs, *operator.outputs) if i != ABSENT)
        ),
        input_quantization=_quantization(graph, graph.inputs[0]),
        outputs={name: graph.name(tensor) for name, tensor in outputs.items()},
        output_scales={name: scale_and_zero[0] for name, scale_and_zero in quantizations.items() if scale_and_zero},
    )


def graph_faults(graph: GraphSummary, int8: bool, float_operations: Counter = EVERYWHERE_INT8) -> list[str]:
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


def _quantization(graph: TfliteGraph, tensor: int) -> tuple[float, int] | None:
    if graph.is_float(tensor):
        return None
    quantization = graph.quantization(tensor)
    return float(quantization.scale[0]), int(quantization.zeroPoint[0])
