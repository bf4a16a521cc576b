"""A FlatBuffers builder that writes nothing twice.

FlatBuffers' tables, vectors and strings are found by offsets, so that one of them may have many owners; readers cannot
tell. In an int8 file this concerns zero points, scales, shapes, options and whole descriptions of tensors.
"""

from collections.abc import Callable

import flatbuffers
import numpy as np

BUFFER_ALIGNMENT = 16  # `force_align` of Buffer.data in TFLite's schema; TFLite Micro reads weights in place
_ONE_BYTE = tuple(f"Prepend{kind}Slot" for kind in ("Bool", "Byte", "Int8", "Uint8"))


class SharingBuilder:
    """Stands in for `flatbuffers.Builder` in the `Pack` methods of TFLite's generated Python code.

    The fields of a table and the items of a vector are held back until it ends, when its whole content is known: if an
    equal one was written before, its place is given again. It also keeps the schema's alignment of byte vectors, which
    the generated code forgets, and sorts a table's fields by size, so that less is lost between them.

    The names are those of `flatbuffers.Builder`. A place is an offset from the end of the file, in bytes.
    """

    def __init__(self):
        self._file = flatbuffers.Builder(1024)
        self._places: dict[tuple, int] = {}  # content -> where it was written
        self._start: tuple = ()
        self._held: list[tuple] = []  # calls between a start and its end: name of the method, arguments

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        """The place of a vector of numbers; one of bytes starts at a multiple of BUFFER_ALIGNMENT."""

        def write() -> int:
            if x.dtype == np.uint8:
                self._file.Prep(BUFFER_ALIGNMENT, x.size)
            return self._file.CreateNumpyVector(x)

        return self._once(("array", x.dtype.str, x.tobytes()), write)

    def CreateString(self, s: str | bytes) -> int:
        """The place of a string."""
        text = s.encode() if isinstance(s, str) else s
        return self._once(("string", text), lambda: self._file.CreateString(text))

    def StartObject(self, numfields: int) -> None:
        """Begin a table whose schema has so many fields; calls of `Prepend...Slot` follow."""
        self._start, self._held = (numfields,), []

    def EndObject(self) -> int:
        """The place of the table whose fields were given."""
        fields = sorted(self._held, key=lambda call: call[0] not in _ONE_BYTE)
        return self._once(("table", self._start, *fields), lambda: self._write(fields, "Object"))

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> None:
        """Begin a vector of offsets or numbers; as many calls of `Prepend...` follow, the last item first."""
        self._start, self._held = (elemSize, numElems, alignment), []

    def EndVector(self) -> int:
        """The place of the vector whose items were given."""
        return self._once(("vector", self._start, *self._held), lambda: self._write(self._held, "Vector"))

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Every `Prepend...` method: it is held back until the table or vector ends."""
        if not name.startswith("Prepend"):
            raise AttributeError(name)
        return lambda *arguments: self._held.append((name, *arguments))

    def finish(self, root: int, file_identifier: bytes) -> bytes:
        """The whole file, which begins with the table at the place `root`."""
        self._file.Finish(root, file_identifier=file_identifier)
        return bytes(self._file.Output())

    def _write(self, calls: list[tuple], kind: str) -> int:
        getattr(self._file, f"Start{kind}")(*self._start)
        for name, *arguments in calls:
            getattr(self._file, name)(*arguments)
        return getattr(self._file, f"End{kind}")()

    def _once(self, content: tuple, write: Callable[[], int]) -> int:
        if content not in self._places:
            self._places[content] = write()
        return self._places[content]
