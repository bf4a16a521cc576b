import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from ffkeras.errors import UserError
from ffkeras.firmware.sound_graph import reading_graph, require_sound_graph
from ffkeras.tflite_file.pack import pack_model
from tests import forged


def test_a_tensor_of_another_shape_than_its_operation_gives_is_refused_though_the_interpreter_runs_it(tmp_path):
    tree = schema.ModelT.InitFromPackedBuf(forged.MODEL.read_bytes())
    graph = tree.subgraphs[0]
    tensor = int(graph.operators[0].outputs[0])
    graph.tensors[tensor].shape = np.array([1, 4, 4, 4], np.int32)
    file = tmp_path / "forged.tflite"
    file.write_bytes(pack_model(tree))
    with pytest.raises(UserError, match=rf"forged.tflite says that its tensor {tensor} is \[1, 4, 4, 4\], and its op"):
        require_sound_graph(file)


def test_a_released_file_is_sound():
    require_sound_graph(forged.MODEL)


def test_whatever_goes_wrong_with_a_graph_is_one_sentence():
    for error in (KeyError("a\nb"), IndexError(), ValueError("x" * 9999), AttributeError("none")):
        with (
            pytest.raises(UserError, match="^some.tflite has a graph that cannot be exported") as told,
            reading_graph("some.tflite"),
        ):
            raise error
        assert "\n" not in str(told.value) and len(str(told.value)) < 400
    with pytest.raises(UserError, match="^as it is$"), reading_graph("some.tflite"):
        raise UserError("as it is")
