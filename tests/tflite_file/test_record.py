import json
from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from ffkeras.runtime import read_metadata
from ffkeras.tflite_file.pack import pack_model
from ffkeras.tflite_file.record import write_metadata
from ffkeras.tflite_file.sharing_builder import BUFFER_ALIGNMENT


@pytest.fixture
def record(lamp_int8):
    return read_metadata(lamp_int8.read_bytes(), "lamp")


def test_what_is_written_is_read_back(lamp_plain, record):
    wanted = replace(record, license="MIT", model={"network": "nano_b", "note": "grüße"})
    assert read_metadata(write_metadata(lamp_plain, wanted), "lamp") == wanted


def test_a_changed_and_packed_graph_keeps_a_right_checksum(lamp_plain, record):
    tree = schema.ModelT.InitFromPackedBuf(write_metadata(lamp_plain, record))
    tree.description = b"changed"
    assert read_metadata(pack_model(tree), "lamp") == record


def test_a_second_record_replaces_the_first(lamp_plain, record):
    once = write_metadata(lamp_plain, record)
    other = replace(record, score_threshold=0.25)
    assert read_metadata(write_metadata(once, other), "lamp") == other
    assert write_metadata(write_metadata(once, other), record) == once


def test_graph_and_weights_are_unchanged(lamp_plain, record):
    before = schema.ModelT.InitFromPackedBuf(lamp_plain)
    after = schema.ModelT.InitFromPackedBuf(write_metadata(lamp_plain, record))
    assert len(after.buffers) == len(before.buffers) + 1
    for old, new in zip(before.buffers, after.buffers, strict=False):
        assert np.array_equal(old.data, new.data)
    assert [entry.name for entry in after.metadata] == [entry.name for entry in before.metadata] + [b"ffkeras"]


def test_weights_stay_aligned_for_microcontrollers(lamp_plain, record):
    data = write_metadata(lamp_plain, record)
    model = schema.Model.GetRootAs(data)
    start = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    vectors = [model.Buffers(index).DataAsNumpy() for index in range(model.BuffersLength())]
    offsets = [v.__array_interface__["data"][0] - start for v in vectors if isinstance(v, np.ndarray) and v.size]
    assert len(offsets) > 5
    assert [offset % BUFFER_ALIGNMENT for offset in offsets] == [0] * len(offsets)


def test_the_record_is_plain_json_in_the_file(lamp_plain, record):
    data = write_metadata(lamp_plain, record)
    start = data.index(b'{"network"')
    text = data[start : data.index(b"\x00", start)]
    assert json.loads(text)["outputs"] == record.outputs
