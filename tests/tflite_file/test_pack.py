from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.tflite_file.pack import pack_model

RELEASED = Path(__file__).resolve().parents[2] / "tflite" / "models" / "nano_b_320_int8.tflite"


def test_equal_vectors_are_written_once_and_read_back_everywhere():
    tree = schema.ModelT.InitFromPackedBuf(RELEASED.read_bytes())
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


def test_equal_parts_have_one_place():
    def tensor():
        quantization = schema.QuantizationParametersT(
            scale=np.full(3, 0.5, np.float32), zeroPoint=np.zeros(3, np.int64)
        )
        return schema.TensorT(shape=np.array([1, 3], np.int32), type=schema.TensorType.INT8, quantization=quantization)

    other = tensor()
    other.type = schema.TensorType.INT16
    graph = schema.SubGraphT(tensors=[tensor(), tensor(), other], inputs=[0, 1], outputs=[0, 1], operators=[])
    code = schema.OperatorCodeT(builtinCode=schema.BuiltinOperator.ADD)
    packed = pack_model(schema.ModelT(version=3, operatorCodes=[code], subgraphs=[graph], buffers=[schema.BufferT()]))
    read = schema.Model.GetRootAs(packed).Subgraphs(0)
    one, two, three = (read.Tensors(index) for index in range(3))
    assert one._tab.Pos == two._tab.Pos != three._tab.Pos
    assert one.Quantization()._tab.Pos == three.Quantization()._tab.Pos
    assert (one.Type(), three.Type()) == (schema.TensorType.INT8, schema.TensorType.INT16)
    assert one.Quantization().ScaleAsNumpy().tolist() == [0.5, 0.5, 0.5]
    assert read.InputsAsNumpy().tolist() == read.OutputsAsNumpy().tolist() == [0, 1]
