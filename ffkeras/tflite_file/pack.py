"""Writing the object tree of a .tflite file back to bytes, aligned and without repetition."""

from ai_edge_litert import schema_py_generated as schema

from ffkeras.runtime.checksum import file_checksum, find_checksum
from ffkeras.runtime.flatbuffer import FILE_IDENTIFIER, find_metadata_buffer
from ffkeras.runtime.metadata import METADATA_NAME
from ffkeras.tflite_file.sharing_builder import SharingBuilder


def pack_model(tree: schema.ModelT) -> bytes:
    """The bytes of a .tflite file below 2 GB; a checksum in its ffkeras record is that of these bytes."""
    builder = SharingBuilder()
    packed = builder.finish(tree.Pack(builder), FILE_IDENTIFIER)
    record = find_metadata_buffer(packed, METADATA_NAME)
    digits = find_checksum(packed, record) if record else None
    if digits is None:
        return packed
    return packed[: digits.start] + file_checksum(packed, digits) + packed[digits.stop :]
