"""The graph of a .tflite file, open for operations to be exchanged."""

from collections.abc import Callable, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.conversion.flatbuffer import pack_model

_OPERATOR_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
}
_NUMPY_TYPES = {kind: dtype for dtype, kind in _TYPES.items()}
_OPTIONS = {  # operations that fast forms are made of: version of the int8 one, and what holds its options
    "CONCATENATION": (2, schema.ConcatenationOptionsT),
    "DEPTHWISE_CONV_2D": (3, schema.DepthwiseConv2DOptionsT),
    "MUL": (2, schema.MulOptionsT),
    "RESHAPE": (1, schema.ReshapeOptionsT),
}

Rule = Callable[["OpenGraph", schema.OperatorT], list[schema.OperatorT] | None]
"""Gives the operations that replace one, in order, or None where the rule has nothing to say."""


class OpenGraph:
    """The one graph of a file. Tensors are known by their index.

    Args:
        model: the file's bytes.
    """

    def __init__(self, model: bytes):
        self.tree = schema.ModelT.InitFromPackedBuf(model)
        self.graph = self.tree.subgraphs[0]

    def apply(self, rule: Rule) -> None:
        """Exchange every operation that the rule replaces."""
        for operator in list(self.graph.operators):
            replacement = rule(self, operator)
            if replacement is not None:
                place = self.graph.operators.index(operator)
                self.graph.operators[place : place + 1] = replacement

    def kind(self, operator: schema.OperatorT) -> str:
        """TFLite's name of an operation."""
        code = self.tree.operatorCodes[operator.opcodeIndex]
        return _OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]

    def tensor(self, index: int) -> schema.TensorT:
        """A tensor's description."""
        return self.graph.tensors[index]

    def shape(self, index: int) -> tuple[int, ...]:
        """A tensor's shape."""
        return tuple(int(side) for side in self.tensor(index).shape)

    def is_int8(self, index: int) -> bool:
        """Whether a tensor is in int8."""
        return self.tensor(index).type == schema.TensorType.INT8

    def values(self, index: int) -> np.ndarray | None:
        """A constant's values in its shape; None for what the graph computes."""
        data = self.tree.buffers[self.tensor(index).buffer].data
        if data is None:
            return None
        return np.frombuffer(data.tobytes(), _NUMPY_TYPES[self.tensor(index).type]).reshape(self.shape(index))

    def users(self, index: int) -> list[schema.OperatorT]:
        """The operations that take a tensor."""
        return [operator for operator in self.graph.operators if index in operator.inputs]

    def add_constant(self, name: str, values: np.ndarray, quantization: schema.QuantizationParametersT | None = None):
        """Add a constant of float32, int32 or int8, and give its index."""
        self.tree.buffers.append(schema.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        kind = _TYPES[values.dtype]
        return self._add_tensor(name, values.shape, kind, quantization, len(self.tree.buffers) - 1)

    def add_like(self, index: int, name: str, shape: Sequence[int]) -> int:
        """Add a tensor of another one's type and scale, and give its index."""
        like = self.tensor(index)
        return self._add_tensor(name, shape, like.type, like.quantization, 0)

    def operation(self, kind: str, inputs: Sequence[int], output: int, **options) -> schema.OperatorT:
        """A new operation, not yet in the graph.

        Args:
            kind: TFLite's name of it, one of those that fast forms are made of.
            inputs, output: tensors.
            options: by their names in the schema.
        """
        version, options_class = _OPTIONS[kind]
        settings = options_class()
        for name, value in options.items():
            setattr(settings, name, value)
        return schema.OperatorT(
            opcodeIndex=self._operator_code(getattr(schema.BuiltinOperator, kind), version),
            inputs=np.array(inputs, np.int32),
            outputs=np.array([output], np.int32),
            builtinOptionsType=getattr(schema.BuiltinOptions, options_class.__name__.removesuffix("T")),
            builtinOptions=settings,
        )

    def reshape(self, source: int, output: int) -> schema.OperatorT:
        """A new operation that gives `source` the shape of `output`."""
        shape = np.array(self.shape(output), np.int32)
        name = f"{self.tensor(output).name.decode()}/shape"
        return self.operation("RESHAPE", [source, self.add_constant(name, shape)], output, newShape=shape)

    def to_bytes(self) -> bytes:
        """The file, without tensors and constants that no operation takes any more."""
        self._drop_tensors()
        self._drop_buffers()
        return pack_model(self.tree)

    def _add_tensor(self, name, shape, kind, quantization, buffer) -> int:
        shape = np.array(shape, np.int32)
        tensor = schema.TensorT(
            name=name.encode(), shape=shape, type=kind, buffer=buffer, quantization=quantization, hasRank=True
        )
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def _operator_code(self, code: int, version: int) -> int:
        for index, known in enumerate(self.tree.operatorCodes):
            if known.builtinCode == code and known.version >= version:
                return index
        added = schema.OperatorCodeT(builtinCode=code, deprecatedBuiltinCode=min(code, 127), version=version)
        self.tree.operatorCodes.append(added)
        return len(self.tree.operatorCodes) - 1

    def _drop_tensors(self) -> None:
        graph = self.graph
        used = {*graph.inputs, *graph.outputs}
        for operator in graph.operators:
            used |= {*operator.inputs, *operator.outputs}
        kept = sorted(int(index) for index in used if index >= 0)  # -1 stands for an absent optional input
        new_index = {old: new for new, old in enumerate(kept)} | {-1: -1}

        def renumbered(indices):
            return np.array([new_index[int(index)] for index in indices], np.int32)

        graph.tensors = [graph.tensors[index] for index in kept]
        graph.inputs, graph.outputs = renumbered(graph.inputs), renumbered(graph.outputs)
        for operator in graph.operators:
            operator.inputs, operator.outputs = renumbered(operator.inputs), renumbered(operator.outputs)
        for signature in self.tree.signatureDefs:
            for entry in (*signature.inputs, *signature.outputs):
                entry.tensorIndex = new_index[entry.tensorIndex]

    def _drop_buffers(self) -> None:
        holders = [*self.graph.tensors, *(self.tree.metadata or [])]
        kept = sorted({0, *(holder.buffer for holder in holders)})  # buffer 0 is the empty one
        new_index = {old: new for new, old in enumerate(kept)}
        self.tree.buffers = [self.tree.buffers[index] for index in kept]
        for holder in holders:
            holder.buffer = new_index[holder.buffer]
