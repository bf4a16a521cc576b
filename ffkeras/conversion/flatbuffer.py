"""Writing the object tree of a .tflite file back to bytes, aligned and without repetition."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.runtime.checksum import file_checksum, find_checksum
from ffkeras.runtime.flatbuffer import FILE_IDENTIFIER, find_metadata_buffer
from ffkeras.runtime.metadata import METADATA_NAME

BUFFER_ALIGNMENT = 16  # `force_align` of Buffer.data in TFLite's schema; TFLite Micro reads weights in place


class _Builder(flatbuffers.Builder):
    """A builder that keeps the schema's alignment of byte vectors, which the generated Python code forgets.

    Equal vectors are written once: the zero points of per-channel weights alone are a sixth of an int8 file.
    """

    def __init__(self, size: int):
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        """Write `x` as a vector, or point to an equal one; one of bytes starts at a multiple of BUFFER_ALIGNMENT."""
        key = x.dtype.str, x.tobytes()
        if key not in self._written:
            if x.dtype == np.uint8:
                self.Prep(BUFFER_ALIGNMENT, x.size)
            self._written[key] = super().CreateNumpyVector(x)
        return self._written[key]


def pack_model(tree: schema.ModelT) -> bytes:
    """The bytes of a .tflite file below 2 GB; a checksum in its ffkeras record is that of these bytes."""
    builder = _Builder(1024)
    builder.Finish(tree.Pack(builder), file_identifier=FILE_IDENTIFIER)
    packed = bytes(builder.Output())
    record = find_metadata_buffer(packed, METADATA_NAME)
    digits = find_checksum(packed, record) if record else None
    if digits is None:
        return packed
    return packed[: digits.start] + file_checksum(packed, digits) + packed[digits.stop :]
