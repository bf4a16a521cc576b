"""What the bytes of a .tflite file are: weights, scales, structure. What several owners share counts once."""

from collections import Counter

from ffkeras.errors import UserError
from ffkeras.runtime.flatbuffer import BUFFER_DATA, MODEL_BUFFERS, MODEL_SUBGRAPHS, BrokenFileError, open_model

WEIGHTS, BIASES, CONSTANTS = "weights", "biases and shapes", "other constants"
SCALES = "scales of "
COMPUTED = "what is computed"
ZERO_POINTS, OPERATIONS, TENSORS = "zero points", "operations", "tensors"
BUFFERS, REST, GAPS = "list of constants", "record, names, signature", "alignment"
INT32, INT8 = 2, 9  # TensorType

# Of each table of the schema: whose share its own bytes are, and its fields by number, as far as they are places of
# something else: the bytes of a vector's item and whose share they are, or the kind of a table, or of a list of tables.
TABLES = {
    "Model": (REST, {1: ["OperatorCode"], 2: ["SubGraph"], 3: (1, REST), 4: ["Buffer"], 6: ["Metadata"], 7: ["Map"]}),
    "OperatorCode": (OPERATIONS, {1: (1, OPERATIONS)}),
    "SubGraph": (REST, {0: ["Tensor"], 1: (4, REST), 2: (4, REST), 3: ["Operator"], 4: (1, REST)}),
    "Tensor": (TENSORS, {0: (4, TENSORS), 3: (1, REST), 4: "Quantization", 7: (4, TENSORS)}),
    "Quantization": (TENSORS, {0: (4, TENSORS), 1: (4, TENSORS), 2: (4, SCALES), 3: (8, ZERO_POINTS)}),
    "Operator": (OPERATIONS, {1: (4, OPERATIONS), 2: (4, OPERATIONS), 4: "Options", 8: (4, OPERATIONS)}),
    "Options": (OPERATIONS, {}),
    "Buffer": (BUFFERS, {0: (1, CONSTANTS)}),
    "Metadata": (REST, {0: (1, REST)}),
    "Map": (REST, {0: ["Name"], 1: ["Name"], 2: (1, REST), 4: (1, REST)}),
    "Name": (REST, {0: (1, REST)}),
}
GRAPH_TENSORS, TENSOR_TYPE, TENSOR_BUFFER = 0, 1, 2  # fields
OF_TYPES = {INT8: WEIGHTS, INT32: BIASES}


def byte_table(model: bytes, name: str = "the given model") -> dict[str, int]:
    """The bytes of a file, by what they are, the most first; their sum is the file's size.

    Args:
        model: bytes of a .tflite file.
        name: what the sentence of an error calls it.

    Raises:
        UserError: a file that is damaged or no TFLite file.
    """
    try:
        found = _Walk(model).found
    except BrokenFileError as error:
        raise UserError(f"{name} cannot be read: {error}.") from error
    counts = Counter()
    for size, share in found.values():
        counts[share] += size
    counts[GAPS] = len(model) - counts.total()
    return dict(counts.most_common())


class _Walk:
    """Every part of a file that the root leads to: `found`, place -> (bytes, whose share they are)."""

    def __init__(self, model: bytes):
        self.found = {0: (8, REST)}  # the root's place and the identifier
        self.reader, root = open_model(model)
        buffers = self.reader.tables(root, MODEL_BUFFERS)
        filled = {number for number, buffer in enumerate(buffers) if self.reader.vector(buffer, BUFFER_DATA, 1)[1]}
        self._types: dict[int, int] = {}  # of these, by their number: what their tensors have
        for graph in self.reader.tables(root, MODEL_SUBGRAPHS):
            for tensor in self.reader.tables(graph, GRAPH_TENSORS):
                buffer = self.reader.scalar(tensor, TENSOR_BUFFER, "I")
                if buffer in filled:
                    self._types.setdefault(buffer, self.reader.scalar(tensor, TENSOR_TYPE, "b"))
        self._table(root, "Model", {})

    def _table(self, place: int, kind: str, names: dict[str, str]) -> None:
        """Take a table and all that it leads to; `names` says what goes by another name there."""
        share, fields = TABLES[kind]
        offsets = place - self.reader.number("i", place)
        self.found.setdefault(offsets, (self.reader.number("H", offsets), share))
        self.found.setdefault(place, (self.reader.number("H", offsets + 2), share))
        if kind == "Tensor":
            type_ = self._types.get(self.reader.scalar(place, TENSOR_BUFFER, "I"))
            names = {SCALES: SCALES + OF_TYPES.get(type_, COMPUTED)}
        for slot, led in fields.items():
            if self.reader.field(place, slot) is None:
                continue
            if isinstance(led, tuple):
                self._vector(place, slot, led[0], names.get(led[1], led[1]))
            elif isinstance(led, str):
                self._table(self.reader.table(place, slot), led, names)
            else:
                (item,) = led
                self._vector(place, slot, 4, TABLES[item][0])
                for number, table in enumerate(self.reader.tables(place, slot)):
                    self._table(table, item, self._of_buffer(number) if item == "Buffer" else {})

    def _of_buffer(self, number: int) -> dict[str, str]:
        return {CONSTANTS: OF_TYPES.get(self._types[number], CONSTANTS) if number in self._types else REST}

    def _vector(self, table: int, slot: int, item_size: int, share: str) -> None:
        start, length = self.reader.vector(table, slot, item_size)
        self.found.setdefault(start - 4, (4 + length * item_size, share))
