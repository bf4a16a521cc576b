import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.tflite_file.byte_table import BIASES, GAPS, REST, SCALES, WEIGHTS, byte_table
from ffkeras.tflite_file.graph import TfliteGraph

LENGTH = 4  # bytes of a vector's own length


def constants(graph):
    """Each buffer's bytes once, with its length, by the type of its tensors."""
    sizes = {"int8": {}, "int32": {}}
    for index, tensor in enumerate(graph.tensors):
        if graph.is_constant(index):
            values = graph.values(index)
            sizes[values.dtype.name][tensor.buffer] = values.nbytes + LENGTH
    return {kind: sum(own.values()) for kind, own in sizes.items()}


def test_all_bytes_are_told_and_constants_are_those_of_the_graph(lamp_int8):
    model = lamp_int8.read_bytes()
    table, expected = byte_table(model), constants(TfliteGraph(model))
    assert sum(table.values()) == len(model)
    assert min(table.values()) > 0
    assert (table[WEIGHTS], table[BIASES]) == (expected["int8"], expected["int32"])
    assert table[GAPS] < 0.1 * len(model)


def test_what_tensors_share_is_counted_once(lamp_int8):
    graph = TfliteGraph(lamp_int8.read_bytes())
    computed = [i for i in range(len(graph.tensors)) if not graph.is_constant(i) and graph.is_int8(i)]
    for index in computed:
        graph.quantization(index).scale = np.array([0.123], np.float32)  # which no weight has
    after = byte_table(graph.to_bytes())
    assert len(computed) > 3
    assert after[SCALES + "what is computed"] == LENGTH + 4


def test_names_are_not_taken_for_weights(lamp_int8):
    graph = TfliteGraph(lamp_int8.read_bytes())
    before = byte_table(graph.to_bytes())
    graph.tensors[0].name = b"x" * 2000
    after = byte_table(graph.to_bytes())
    assert after[REST] > before[REST] + 1500
    assert after[WEIGHTS] == before[WEIGHTS]


@pytest.mark.parametrize("damaged", [b"", b"text", b"\0\0\xff\xffTFL3"])
def test_a_file_of_something_else_is_one_sentence(damaged):
    with pytest.raises(UserError, match="x.tflite cannot be read"):
        byte_table(damaged, "x.tflite")
