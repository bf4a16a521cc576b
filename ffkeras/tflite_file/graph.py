"""The graph of a .tflite file, open to be read, cut and changed."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.tflite_file.pack import pack_model

ABSENT = -1  # in the place of an optional input
_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_CUSTOM = (schema.BuiltinOperator.CUSTOM, schema.BuiltinOperator.DELEGATE)
_LARGEST_DEPRECATED_CODE = 127  # codes were bytes once
_FLOATS = (schema.TensorType.FLOAT32, schema.TensorType.FLOAT16, schema.TensorType.FLOAT64)
_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
}
_NUMPY_TYPES = {kind: dtype for dtype, kind in _TYPES.items()}
_OPTIONS = {  # operations that are put into files -> what holds their options
    "ADD": schema.AddOptionsT,
    "CONCATENATION": schema.ConcatenationOptionsT,
    "DEPTHWISE_CONV_2D": schema.DepthwiseConv2DOptionsT,
    "DEQUANTIZE": schema.DequantizeOptionsT,
    "EXP": schema.ExpOptionsT,
    "MINIMUM": schema.MaximumMinimumOptionsT,
    "MUL": schema.MulOptionsT,
    "QUANTIZE": schema.QuantizeOptionsT,
    "RESHAPE": schema.ReshapeOptionsT,
    "SLICE": schema.SliceOptionsT,
    "SUB": schema.SubOptionsT,
}

Rule = Callable[["TfliteGraph", schema.OperatorT], list[schema.OperatorT] | None]
"""Gives the operations that replace one, in order, or None where the rule has nothing to say."""


def is_custom(code: schema.OperatorCodeT) -> bool:
    """Whether plain runtimes lack an operation (Flex and others)."""
    return max(code.builtinCode, code.deprecatedBuiltinCode) in _CUSTOM


def operation_name(code: schema.OperatorCodeT) -> str:
    """TFLite's name of an operation, or a custom one's own."""
    if is_custom(code):
        return code.customCode.decode()
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return _NAMES.get(number, f"number {number}")


class TfliteGraph:
    """The one graph of a file. Tensors are known by their index.

    Args:
        model: the file's bytes.

    Attributes:
        tree: the file's object tree.
        operators, tensors: of the graph, in the file's order.
    """

    def __init__(self, model: bytes):
        self.tree = schema.ModelT.InitFromPackedBuf(model)
        self._graph = self.tree.subgraphs[0]
        self.operators: list[schema.OperatorT] = self._graph.operators
        self.tensors: list[schema.TensorT] = self._graph.tensors

    @property
    def inputs(self) -> list[int]:
        """The graph's inputs, in the interpreter's order."""
        return list(map(int, self._graph.inputs))

    @property
    def outputs(self) -> list[int]:
        """The graph's outputs, in the interpreter's order."""
        return list(map(int, self._graph.outputs))

    @property
    def named_inputs(self) -> dict[str, int]:
        """Name in the signature -> input."""
        return {entry.name.decode(): entry.tensorIndex for entry in self._signature.inputs}

    @property
    def named_outputs(self) -> dict[str, int]:
        """Name in the signature -> output."""
        return {entry.name.decode(): entry.tensorIndex for entry in self._signature.outputs}

    def outputs_by_tensor_name(self, names: Mapping[str, str]) -> dict[str, int]:
        """The graph's outputs by names of one's own: name -> name of the tensor in, -> tensor out."""
        tensors = {self.name(tensor): tensor for tensor in self.outputs}
        return {name: tensors[tensor] for name, tensor in names.items()}

    def set_inputs(self, tensors: Mapping[str, int]) -> None:
        """Let the graph begin with other tensors: name in the signature -> tensor."""
        self._graph.inputs, self._signature.inputs = _border(tensors)

    def set_outputs(self, tensors: Mapping[str, int]) -> None:
        """Let the graph end with other tensors: name in the signature -> tensor."""
        self._graph.outputs, self._signature.outputs = _border(tensors)

    def code(self, operator: schema.OperatorT) -> schema.OperatorCodeT:
        """What kind of operation it is, as the file has it."""
        return self.tree.operatorCodes[operator.opcodeIndex]

    def kind(self, operator: schema.OperatorT) -> str:
        """TFLite's name of an operation."""
        return operation_name(self.code(operator))

    def name(self, index: int) -> str:
        """A tensor's name; its number, "#12", where the file has none for it."""
        name = self.tensors[index].name
        return name.decode() if name else f"#{index}"

    def shape(self, index: int) -> tuple[int, ...]:
        """A tensor's shape."""
        return tuple(int(side) for side in self.tensors[index].shape)

    def quantization(self, index: int) -> schema.QuantizationParametersT | None:
        """A tensor's scales and zero points, or its range where it is not quantised yet."""
        return self.tensors[index].quantization

    def is_int8(self, index: int) -> bool:
        """Whether a tensor is in int8."""
        return self.tensors[index].type == schema.TensorType.INT8

    def is_float(self, index: int) -> bool:
        """Whether a tensor is in floating point of any width."""
        return self.tensors[index].type in _FLOATS

    def is_constant(self, index: int) -> bool:
        """Whether the file holds a tensor's values."""
        data = self.tree.buffers[self.tensors[index].buffer].data
        return data is not None and len(data) > 0

    def values(self, index: int) -> np.ndarray | None:
        """A constant's values in its shape; None for what the graph computes."""
        if not self.is_constant(index):
            return None
        data = self.tree.buffers[self.tensors[index].buffer].data
        return np.frombuffer(data.tobytes(), _NUMPY_TYPES[self.tensors[index].type]).reshape(self.shape(index))

    def users(self, index: int) -> list[schema.OperatorT]:
        """The operations that take a tensor."""
        return [operator for operator in self.operators if index in operator.inputs]

    def apply(self, rule: Rule) -> None:
        """Exchange every operation that the rule replaces, and drop what none takes any more."""
        for operator in list(self.operators):
            replacement = rule(self, operator)
            if replacement is not None:
                place = self.operators.index(operator)
                self.operators[place : place + 1] = replacement
        self.drop_unused()

    def set_names(self, names: Mapping[int, str]) -> None:
        """Let these tensors have these names, and all others none: tensor -> name."""
        for index, tensor in enumerate(self.tensors):
            tensor.name = names[index].encode() if index in names else None

    def drop_unused(self) -> None:
        """Drop tensors, constants and kinds of operations that nothing takes, and keep equal constants once."""
        self._drop_tensors()
        self._drop_buffers()
        self._drop_codes()

    def add_constant(
        self, name: str, values: np.ndarray, quantization: schema.QuantizationParametersT | None = None
    ) -> int:
        """Add a constant of float32, int32 or int8, and give its index."""
        self.tree.buffers.append(schema.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        kind = _TYPES[values.dtype]
        return self._add_tensor(name, values.shape, kind, quantization, len(self.tree.buffers) - 1)

    def add_float(self, name: str, shape: Sequence[int]) -> int:
        """Add a float32 tensor, and give its index."""
        return self._add_tensor(name, shape, schema.TensorType.FLOAT32, None, 0)

    def add_like(self, index: int, name: str, shape: Sequence[int]) -> int:
        """Add a tensor of another one's type and scale, and give its index."""
        like = self.tensors[index]
        return self._add_tensor(name, shape, like.type, like.quantization, 0)

    def operation(self, kind: str, inputs: Sequence[int], output: int, version: int = 1, **options) -> schema.OperatorT:
        """A new operation, not yet in the graph.

        Args:
            kind: TFLite's name of it, one of those that this module knows.
            inputs, output: tensors.
            version: of the operation, one that takes their types; the first ones take float32 alone.
            options: by their names in the schema.
        """
        options_class = _OPTIONS[kind]
        settings = options_class()
        for name, value in options.items():
            setattr(settings, name, value)
        return schema.OperatorT(
            opcodeIndex=self._code_index(getattr(schema.BuiltinOperator, kind), version),
            inputs=np.array(inputs, np.int32),
            outputs=np.array([output], np.int32),
            builtinOptionsType=getattr(schema.BuiltinOptions, options_class.__name__.removesuffix("T")),
            builtinOptions=settings,
        )

    def reshape(self, source: int, output: int) -> schema.OperatorT:
        """A new operation that gives `source` the shape of `output`."""
        shape = np.array(self.shape(output), np.int32)
        return self.operation(
            "RESHAPE", [source, self.add_constant(f"{self.name(output)}/shape", shape)], output, newShape=shape
        )

    def append(self, kind: str, inputs: Sequence[int], output: int, version: int = 1, **options) -> int:
        """Put a new operation at the end of the graph, and give back its output; see `operation`."""
        self.operators.append(self.operation(kind, inputs, output, version, **options))
        return output

    def dequantize(self, source: int, name: str) -> int:
        """Put a DEQUANTIZE at the end of the graph, and give its output, a float32 tensor of that name."""
        return self.append("DEQUANTIZE", [source], self.add_float(name, self.shape(source)), version=2)

    def to_bytes(self) -> bytes:
        """The file as it is now."""
        return pack_model(self.tree)

    @property
    def _signature(self) -> schema.SignatureDefT:
        (signature,) = self.tree.signatureDefs
        return signature

    def _add_tensor(self, name, shape, kind, quantization, buffer) -> int:
        shape = np.array(shape, np.int32)
        tensor = schema.TensorT(
            name=name.encode(), shape=shape, type=kind, buffer=buffer, quantization=quantization, hasRank=True
        )
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def _code_index(self, code: int, version: int) -> int:
        codes = self.tree.operatorCodes
        for index, known in enumerate(codes):
            if known.builtinCode == code and known.version == version:
                return index
        deprecated = min(code, _LARGEST_DEPRECATED_CODE)
        codes.append(schema.OperatorCodeT(builtinCode=code, deprecatedBuiltinCode=deprecated, version=version))
        return len(codes) - 1

    def _drop_tensors(self) -> None:
        graph = self._graph
        used = {*graph.inputs, *graph.outputs}
        for operator in self.operators:
            used |= {*operator.inputs, *operator.outputs}
        kept = sorted(int(index) for index in used if index != ABSENT)
        new_index = {old: new for new, old in enumerate(kept)} | {ABSENT: ABSENT}

        def renumbered(indices):
            return np.array([new_index[int(index)] for index in indices], np.int32)

        self.tensors[:] = [self.tensors[index] for index in kept]
        graph.inputs, graph.outputs = renumbered(graph.inputs), renumbered(graph.outputs)
        for operator in self.operators:
            operator.inputs, operator.outputs = renumbered(operator.inputs), renumbered(operator.outputs)
        for signature in self.tree.signatureDefs:
            for entry in (*signature.inputs, *signature.outputs):
                entry.tensorIndex = new_index[entry.tensorIndex]

    def _drop_buffers(self) -> None:
        buffers = [schema.BufferT()]  # the first is the empty one, of all tensors that the graph computes
        places = {b"": 0}  # content -> its buffer
        for holder in (*self.tensors, *(self.tree.metadata or [])):
            data = self.tree.buffers[holder.buffer].data
            content = b"" if data is None else bytes(data)
            if content not in places:
                places[content] = len(buffers)
                buffers.append(schema.BufferT(data=data))
            holder.buffer = places[content]
        self.tree.buffers = buffers

    def _drop_codes(self) -> None:
        used = sorted({operator.opcodeIndex for operator in self.operators})
        new_index = {old: new for new, old in enumerate(used)}
        self.tree.operatorCodes = [self.tree.operatorCodes[index] for index in used]
        for operator in self.operators:
            operator.opcodeIndex = new_index[operator.opcodeIndex]


def _border(tensors: Mapping[str, int]) -> tuple[np.ndarray, list[schema.TensorMapT]]:
    """One side of the graph, and of its signature."""
    named = [schema.TensorMapT(name=name.encode(), tensorIndex=tensor) for name, tensor in tensors.items()]
    return np.array(list(tensors.values()), np.int32), named
