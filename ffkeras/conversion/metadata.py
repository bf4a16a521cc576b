"""Writing the metadata record into a .tflite file."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.runtime.flatbuffer import FILE_IDENTIFIER
from ffkeras.runtime.metadata import METADATA_NAME, Metadata

BUFFER_ALIGNMENT = 16  # `force_align` of Buffer.data in TFLite's schema; TFLite Micro reads weights in place


class _AlignedBuilder(flatbuffers.Builder):
    """A builder that keeps the schema's alignment of byte vectors, which the generated Python code forgets."""

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        """Write `x` as a vector; one of bytes starts at a multiple of BUFFER_ALIGNMENT."""
        if x.dtype == np.uint8:
            self.Prep(BUFFER_ALIGNMENT, x.size)
        return super().CreateNumpyVector(x)


def write_metadata(model: bytes, metadata: Metadata) -> bytes:
    """The same .tflite file with `metadata` as its one ffkeras record; an older record is replaced.

    Args:
        model: bytes of a .tflite file below 2 GB.
        metadata: what to write.

    Returns:
        The new file's bytes; graph and weights are unchanged, weights aligned to 16 bytes.
    """
    tree = schema.ModelT.InitFromPackedBuf(model)
    text = np.frombuffer(metadata.to_json().encode(), np.uint8)
    tree.metadata = tree.metadata or []
    for entry in tree.metadata:
        if entry.name == METADATA_NAME.encode():
            tree.buffers[entry.buffer].data = text
            break
    else:
        tree.buffers.append(schema.BufferT(data=text))
        tree.metadata.append(schema.MetadataT(name=METADATA_NAME, buffer=len(tree.buffers) - 1))
    builder = _AlignedBuilder(len(model))
    builder.Finish(tree.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())
