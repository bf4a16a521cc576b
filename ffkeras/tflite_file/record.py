"""Writing the metadata record into a .tflite file."""

import json

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.runtime.checksum import CHECKSUM_KEY, ZEROS
from ffkeras.runtime.metadata import METADATA_NAME, Metadata
from ffkeras.tflite_file.pack import pack_model


def write_metadata(model: bytes, metadata: Metadata) -> bytes:
    """The same .tflite file with `metadata` as its one ffkeras record; an older record is replaced.

    Args:
        model: bytes of a .tflite file below 2 GB.
        metadata: what to write.

    Returns:
        The new file's bytes, with their checksum; graph and weights are unchanged, weights aligned to 16 bytes.
    """
    tree = schema.ModelT.InitFromPackedBuf(model)
    record = json.loads(metadata.to_json()) | {CHECKSUM_KEY: ZEROS.decode()}
    text = np.frombuffer(json.dumps(record).encode(), np.uint8)
    tree.metadata = tree.metadata or []
    for entry in tree.metadata:
        if entry.name == METADATA_NAME.encode():
            tree.buffers[entry.buffer].data = text
            break
    else:
        tree.buffers.append(schema.BufferT(data=text))
        tree.metadata.append(schema.MetadataT(name=METADATA_NAME, buffer=len(tree.buffers) - 1))
    return pack_model(tree)
