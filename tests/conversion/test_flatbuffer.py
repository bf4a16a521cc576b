import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.conversion.flatbuffer import pack_model


def test_equal_vectors_are_written_once_and_read_back_everywhere(nano_b_int8):
    tree = schema.ModelT.InitFromPackedBuf(nano_b_int8.read_bytes())
    plain = flatbuffers.Builder(1024)
    plain.Finish(tree.Pack(plain))
    packed = pack_model(tree)
    assert len(packed) < 0.9 * len(plain.Output())
    read = schema.ModelT.InitFromPackedBuf(packed)
    for old, new in zip(tree.buffers, read.buffers, strict=True):
        np.testing.assert_array_equal(old.data, new.data)
    for old, new in zip(tree.subgraphs[0].tensors, read.subgraphs[0].tensors, strict=True):
        assert old.name == new.name
        np.testing.assert_array_equal(old.shape, new.shape)
        assert (old.quantization is None) == (new.quantization is None)
        if old.quantization is not None:
            np.testing.assert_array_equal(old.quantization.scale, new.quantization.scale)
            np.testing.assert_array_equal(old.quantization.zeroPoint, new.quantization.zeroPoint)
