"""Just enough of FlatBuffers to read a .tflite file's metadata and borders, bounds-checked and without dependencies.

The layout is that of the FlatBuffers "internals" document; the field numbers are those of TFLite's schema version 3.
"""

import struct

FILE_IDENTIFIER = b"TFL3"  # bytes 4 to 8
MODEL_OPERATOR_CODES, MODEL_SUBGRAPHS, MODEL_BUFFERS, MODEL_METADATA = 1, 2, 4, 6
METADATA_NAME, METADATA_BUFFER = 0, 1
BUFFER_DATA = 0


class BrokenFileError(ValueError):
    """The bytes are no TFLite file, or not a whole one."""


class FlatbufferReader:
    """Reads numbers, tables and vectors at byte positions of `data`; a position outside raises BrokenFileError."""

    def __init__(self, data: bytes):
        self.data = data

    def number(self, kind: str, position: int) -> int | float:
        """The number at a position, of a kind that `struct` knows."""
        try:
            if position < 0:
                raise BrokenFileError(f"position {position} is outside the file")
            return struct.unpack_from("<" + kind, self.data, position)[0]
        except struct.error as error:
            raise BrokenFileError(f"position {position} is outside the file") from error

    def follow(self, position: int) -> int:
        """Where the offset at a position points."""
        return position + self.number("I", position)

    def field(self, table: int, slot: int) -> int | None:
        """Position of a table's field, or None where the table leaves it out."""
        vtable = table - self.number("i", table)
        if table + self.number("H", vtable + 2) > len(self.data):
            raise BrokenFileError(f"a table at {table} runs past the end")
        entry = 4 + 2 * slot  # after the sizes of the vtable and of the table
        if entry + 2 > self.number("H", vtable):
            return None
        offset = self.number("H", vtable + entry)
        return table + offset if offset else None

    def vector(self, table: int, slot: int, item_size: int) -> tuple[int, int]:
        """Position of a vector's first item, and its length; a missing vector is empty."""
        field = self.field(table, slot)
        if field is None:
            return 0, 0
        start = self.follow(field)
        length = self.number("I", start)
        if start + 4 + length * item_size > len(self.data):
            raise BrokenFileError(f"a vector of {length} items at {start} runs past the end")
        return start + 4, length

    def content(self, table: int, slot: int) -> slice:
        """Where the bytes of a byte vector, or of a string, are."""
        start, length = self.vector(table, slot, item_size=1)
        return slice(start, start + length)

    def scalar(self, table: int, slot: int, kind: str, default: int = 0) -> int:
        """A table's number; `default` where the table leaves it out."""
        field = self.field(table, slot)
        return default if field is None else self.number(kind, field)

    def table(self, table: int, slot: int) -> int | None:
        """Position of a table's table, or None where the table leaves it out."""
        field = self.field(table, slot)
        return None if field is None else self.follow(field)

    def text(self, table: int, slot: int) -> str:
        """A string field; a missing one is empty."""
        try:
            return self.data[self.content(table, slot)].decode()
        except UnicodeDecodeError as error:
            raise BrokenFileError("a name in it is not UTF-8") from error

    def numbers(self, table: int, slot: int, kind: str, size: int) -> tuple[int | float, ...]:
        """A vector's numbers of a kind that `struct` knows, each of `size` bytes."""
        start, length = self.vector(table, slot, size)
        return struct.unpack_from(f"<{length}{kind}", self.data, start)

    def tables(self, table: int, slot: int) -> list[int]:
        """Positions of a vector's tables."""
        start, length = self.vector(table, slot, item_size=4)
        return [self.follow(item) for item in range(start, start + 4 * length, 4)]


def open_model(model: bytes) -> tuple[FlatbufferReader, int]:
    """A reader of a .tflite file, and the position of its root table. Raises BrokenFileError."""
    if model[4:8] != FILE_IDENTIFIER:
        raise BrokenFileError("the file identifier TFL3 is missing")
    reader = FlatbufferReader(model)
    return reader, reader.follow(0)


def find_metadata_buffer(model: bytes, name: str) -> slice | None:
    """Where in the file the content of the metadata entry called `name` is, or None where there is no such entry.

    Walks every operator code, graph and buffer on the way, which is where a cut file shows: the interpreters'
    own loaders print to the terminal or worse.

    Raises:
        BrokenFileError: not a TFLite file, or truncated.
    """
    reader, root = open_model(model)
    for slot in (MODEL_OPERATOR_CODES, MODEL_SUBGRAPHS):
        tables = reader.tables(root, slot)
        if not tables:
            raise BrokenFileError("it has no graph")
        for table in tables:
            reader.field(table, 0)
    buffers = reader.tables(root, MODEL_BUFFERS)
    for buffer in buffers:
        reader.vector(buffer, BUFFER_DATA, item_size=1)
    for entry in reader.tables(root, MODEL_METADATA):
        if model[reader.content(entry, METADATA_NAME)] != name.encode():
            continue
        index = reader.scalar(entry, METADATA_BUFFER, "I")
        if index >= len(buffers):
            raise BrokenFileError(f"metadata names buffer {index} of {len(buffers)}")
        return reader.content(buffers[index], BUFFER_DATA)
    return None
