"""Adding operations to the graph of a converted file, before its first or after its last ones."""

from collections.abc import Mapping, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.conversion.flatbuffer import pack_model

_OPERATIONS = {  # name -> version that takes the types used here, and what holds its options
    "ADD": (1, schema.AddOptionsT),
    "CONCATENATION": (1, schema.ConcatenationOptionsT),
    "DEQUANTIZE": (2, schema.DequantizeOptionsT),
    "EXP": (1, schema.ExpOptionsT),
    "MINIMUM": (1, schema.MaximumMinimumOptionsT),
    "MUL": (1, schema.MulOptionsT),
    "QUANTIZE": (1, schema.QuantizeOptionsT),
    "RESHAPE": (1, schema.ReshapeOptionsT),
    "SLICE": (2, schema.SliceOptionsT),
    "SUB": (1, schema.SubOptionsT),
}
_TENSOR_TYPES = {np.dtype(np.float32): schema.TensorType.FLOAT32, np.dtype(np.int32): schema.TensorType.INT32}


class GraphEditor:
    """The one graph of a .tflite file, open for additions. Tensors are known by their index.

    Args:
        model: the file's bytes.

    Attributes:
        inputs, outputs: name in the signature -> tensor.
    """

    def __init__(self, model: bytes):
        self._tree = schema.ModelT.InitFromPackedBuf(model)
        self._graph = self._tree.subgraphs[0]
        (self._signature,) = self._tree.signatureDefs
        self.inputs = {entry.name.decode(): entry.tensorIndex for entry in self._signature.inputs}
        self.outputs = {entry.name.decode(): entry.tensorIndex for entry in self._signature.outputs}

    def named_outputs(self, names: Mapping[str, str]) -> dict[str, int]:
        """The graph's outputs by other names than the signature's: name -> name of the tensor in, -> tensor out."""
        tensors = {self._graph.tensors[tensor].name.decode(): tensor for tensor in self.outputs.values()}
        return {name: tensors[tensor] for name, tensor in names.items()}

    def shape(self, tensor: int) -> tuple[int, ...]:
        """A tensor's shape."""
        return tuple(int(side) for side in self._graph.tensors[tensor].shape)

    def constant(self, name: str, values: np.ndarray) -> int:
        """Add a float32 or int32 constant."""
        self._tree.buffers.append(schema.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        return self._add(name, values.shape, _TENSOR_TYPES[values.dtype], buffer=len(self._tree.buffers) - 1)

    def float_tensor(self, name: str, shape: Sequence[int]) -> int:
        """Add a float32 tensor."""
        return self._add(name, shape, schema.TensorType.FLOAT32)

    def tensor_like(self, tensor: int, name: str, shape: Sequence[int]) -> int:
        """Add a tensor of another one's type and scale."""
        like = self._graph.tensors[tensor]
        return self._add(name, shape, like.type, quantization=like.quantization)

    def add(self, operation: str, inputs: Sequence[int], output: int, *, first: bool = False, **options) -> int:
        """Add an operation at the end, or as the first, and give back its output.

        Args:
            operation: TFLite's name of it, one of those that this module knows.
            inputs, output: tensors.
            first: it runs before all others.
            options: of the operation, by their names in the schema.
        """
        version, options_class = _OPERATIONS[operation]
        settings = options_class()
        for name, value in options.items():
            setattr(settings, name, value)
        added = schema.OperatorT(
            opcodeIndex=self._operator_code(getattr(schema.BuiltinOperator, operation), version),
            inputs=np.array(inputs, np.int32),
            outputs=np.array([output], np.int32),
            builtinOptionsType=getattr(schema.BuiltinOptions, options_class.__name__.removesuffix("T")),
            builtinOptions=settings,
        )
        self._graph.operators.insert(0 if first else len(self._graph.operators), added)
        return output

    def to_bytes(self) -> bytes:
        """The file with the graph's borders at `inputs` and `outputs`, in their order."""
        for entries, side in ((self.inputs, "inputs"), (self.outputs, "outputs")):
            setattr(self._graph, side, np.array(list(entries.values()), np.int32))
            named = [schema.TensorMapT(name=name, tensorIndex=tensor) for name, tensor in entries.items()]
            setattr(self._signature, side, named)
        return pack_model(self._tree)

    def _add(self, name: str, shape: Sequence[int], kind: int, **fields) -> int:
        self._graph.tensors.append(
            schema.TensorT(name=name, shape=np.array(shape, np.int32), type=kind, hasRank=True, **fields)
        )
        return len(self._graph.tensors) - 1

    def _operator_code(self, code: int, version: int) -> int:
        for index, known in enumerate(self._tree.operatorCodes):
            if known.builtinCode == code and known.version == version:
                return index
        self._tree.operatorCodes.append(
            schema.OperatorCodeT(builtinCode=code, deprecatedBuiltinCode=code, version=version)
        )
        return len(self._tree.operatorCodes) - 1
