"""Cutting operations out of a .tflite file, as files of their own."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.tflite_file.graph import ABSENT, TfliteGraph
from ffkeras.tflite_file.pack import pack_model


def extract(graph: TfliteGraph, indices: list[int], shapes: dict[int, list[int]]) -> bytes:
    """A file of some operations of another file, with their constants; what they read otherwise are inputs.

    Args:
        graph: of the other file; it is left as it is.
        indices: of the operations, in their order.
        shapes: tensor -> shape as the interpreter has worked it out, which the file may leave open.
    """
    operators = [graph.operators[index] for index in indices]
    made = [int(tensor) for operator in operators for tensor in operator.outputs]
    read = [int(tensor) for operator in operators for tensor in operator.inputs]
    buffers, tensors, inputs = [schema.BufferT()], [], []
    position = {ABSENT: ABSENT}  # of a tensor in the new file
    for old in dict.fromkeys(read + made):
        if old == ABSENT:
            continue
        source = graph.tensors[old]
        position[old] = len(tensors)
        constant = graph.is_constant(old)
        if constant:
            buffers.append(graph.tree.buffers[source.buffer])
        elif old not in made:
            inputs.append(position[old])
        tensor = schema.TensorT(
            shape=np.array(shapes[old], np.int32),
            type=source.type,
            buffer=len(buffers) - 1 if constant else 0,
            name=source.name,
            quantization=source.quantization,
        )
        tensors.append(tensor)
    outputs = [position[old] for old in made if old not in read]
    subgraph = schema.SubGraphT(
        tensors=tensors,
        inputs=np.array(inputs, np.int32),
        outputs=np.array(outputs, np.int32),
        operators=[_renumbered(operator, position) for operator in operators],
        name=b"main",
    )
    tree = graph.tree
    model = schema.ModelT(version=tree.version, operatorCodes=tree.operatorCodes, subgraphs=[subgraph], buffers=buffers)
    return pack_model(model)


def _renumbered(operator: schema.OperatorT, position: dict[int, int]) -> schema.OperatorT:
    return schema.OperatorT(
        opcodeIndex=operator.opcodeIndex,
        inputs=np.array([position[int(tensor)] for tensor in operator.inputs], np.int32),
        outputs=np.array([position[int(tensor)] for tensor in operator.outputs], np.int32),
        builtinOptionsType=operator.builtinOptionsType,
        builtinOptions=operator.builtinOptions,
        customOptions=operator.customOptions,
    )
