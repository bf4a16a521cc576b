"""Graphs of single operations, which no converter is needed for, and C that runs them."""

import ctypes
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema

sys.path.insert(0, str(Path(__file__).parent))

import c_compiler

from ffkeras.firmware.c_network.network import Network, lower_network
from ffkeras.firmware.c_network.source import AFTER_LAYER, arrays_text, calls_text, layers_text
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.pack import pack_model

PROGRAM = """\
#include <stddef.h>

#include "int8_kernels.h"

int8_t *arena_start(void);
void run(void);

static int8_t arena[{size}];

int8_t *arena_start(void) {{ return arena; }}

{after_layer}

{layers}
void run(void) {{
{calls}
}}

{arrays}
"""
TYPES = {np.int8: schema.TensorType.INT8, np.int32: schema.TensorType.INT32}


class SmallGraph:
    """A graph to which operations are added, each on inputs of its own."""

    def __init__(self):
        self.graph = schema.SubGraphT(tensors=[], operators=[], inputs=[], outputs=[])
        self.tree = schema.ModelT(
            version=3, operatorCodes=[], subgraphs=[self.graph], buffers=[schema.BufferT()], signatureDefs=[]
        )

    def tensor(self, shape, scale=None, zero_point=0, values=None, dtype=np.int8, axis=0) -> int:
        """A tensor's index; `scale` may be one for each channel along `axis`."""
        quantization = None
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            zeros = np.full(len(scales), zero_point, np.int64)
            quantization = schema.QuantizationParametersT(scale=scales, zeroPoint=zeros, quantizedDimension=axis)
        buffer = 0
        if values is not None:
            self.tree.buffers.append(schema.BufferT(data=np.frombuffer(values.astype(dtype).tobytes(), np.uint8)))
            buffer = len(self.tree.buffers) - 1
        self.graph.tensors.append(
            schema.TensorT(
                name=f"tensor_{len(self.graph.tensors)}".encode(),
                shape=np.array(shape, np.int32),
                type=TYPES[dtype],
                buffer=buffer,
                quantization=quantization,
                hasRank=True,
            )
        )
        return len(self.graph.tensors) - 1

    def input(self, shape, scale=0.05, zero_point=0) -> int:
        """An input of the graph."""
        tensor = self.tensor(shape, scale, zero_point)
        self.graph.inputs.append(tensor)
        return tensor

    def output(self, shape, scale=0.05, zero_point=0) -> int:
        """An output of the graph."""
        tensor = self.tensor(shape, scale, zero_point)
        self.graph.outputs.append(tensor)
        return tensor

    def add(self, kind, inputs, output, options=None, version=1) -> None:
        """Add an operation; `options` are an object of the schema."""
        code = getattr(schema.BuiltinOperator, kind)
        entry = schema.OperatorCodeT(builtinCode=code, deprecatedBuiltinCode=min(code, 127), version=version)
        self.tree.operatorCodes.append(entry)
        kind_of_options = 0
        if options is not None:
            kind_of_options = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self.graph.operators.append(
            schema.OperatorT(
                opcodeIndex=len(self.tree.operatorCodes) - 1,
                inputs=np.array(inputs, np.int32),
                outputs=np.array([output], np.int32),
                builtinOptionsType=kind_of_options,
                builtinOptions=options,
            )
        )

    def to_bytes(self) -> bytes:
        """The file."""
        return pack_model(self.tree)


def lower(model: bytes) -> Network:
    """The network that C would run."""
    return lower_network(TfliteGraph(model), "small.tflite")


def program_text(network: Network) -> str:
    """C with the arena, a function `run`, and all arrays of a network."""
    return PROGRAM.format(
        size=network.arena_size,
        after_layer=AFTER_LAYER,
        layers=layers_text(network),
        calls=calls_text(network),
        arrays=arrays_text(network.constants),
    )


def run_in_c(network: Network, inputs, folder: Path) -> list[np.ndarray]:
    """The outputs of a network, computed by generated C that is compiled in `folder`."""
    (folder / "small.c").write_text(program_text(network))
    sources = [c_compiler.SOURCES / f"{source}.c" for source in network.sources]
    library = ctypes.CDLL(str(c_compiler.library(folder / "small.so", folder / "small.c", *sources)))
    library.arena_start.restype = ctypes.c_void_p
    arena, graph = library.arena_start(), network.graph
    for tensor, values in zip(graph.inputs, inputs, strict=True):
        ctypes.memmove(arena + network.offsets[tensor], np.ascontiguousarray(values).ctypes.data, values.nbytes)
    library.run()
    outputs = []
    for tensor in graph.outputs:
        shape = graph.shape(tensor)
        content = ctypes.string_at(arena + network.offsets[tensor], int(np.prod(shape)))
        outputs.append(np.frombuffer(content, np.int8).reshape(shape))
    return outputs


def run_in_tflite_micro(model: bytes, inputs) -> list[np.ndarray]:
    """The outputs of a file, computed by TFLite Micro's interpreter."""
    from tflite_micro.python.tflite_micro.runtime import Interpreter

    interpreter = Interpreter.from_bytes(model, arena_size=16 << 20)
    for index, values in enumerate(inputs):
        interpreter.set_input(values, index)
    interpreter.invoke()
    return [interpreter.get_output(index) for index in range(len(TfliteGraph(model).outputs))]
