import json
from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffkeras.errors import UserError
from ffkeras.geometry import AnchorConfig, make_anchors
from ffkeras.runtime import Metadata, read_metadata

RECORD = Metadata(
    network="v2_ultra",
    image_size=(480, 640),
    mean=(128, 128, 128),
    anchors=AnchorConfig(sizes=((16, 32), (64, 128), (256, 512))),
    outputs={"classification": "a", "bbox_regression": "b", "landmarks": "c"},
    quantization="int8",
    model={"network": "v2_ultra"},
)
fuzz = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


def changed(**values):
    return json.dumps(json.loads(RECORD.to_json()) | values)


def read_or_refuse(data):
    """Any outcome but a record or the one sentence is a failure."""
    try:
        return read_metadata(data, "some.tflite")
    except UserError as error:
        assert str(error).startswith("some.tflite ")
        assert "\n" not in str(error)
        return None


def test_json_round_trip_is_equal():
    assert Metadata.from_json(RECORD.to_json()) == RECORD


def test_anchor_count_is_that_of_the_anchors():
    assert RECORD.anchor_count == len(make_anchors(RECORD.anchors, RECORD.image_size)) == 12600


@pytest.mark.parametrize(
    "change",
    [
        {"format": 3},
        {"network": "yolo"},
        {"image_size": [640]},
        {"image_size": [640, 650]},
        {"image_size": "640"},
        {"mean": [128, 128]},
        {"mean": [128, 128, "x"]},
        {"anchors": {"sizes": [[16], [32]], "strides": [8]}},
        {"anchors": {"sizes": [[-16]], "strides": [8]}},
        {"anchors": {"sizes": [[16]], "strides": [0]}},
        {"anchors": {"sizes": [], "strides": []}},
        {"anchors": None},
        {"channel_order": "RGB"},
        {"variances": [0.1, 0.3]},
        {"score_threshold": 1.5},
        {"iou_threshold": None},
        {"outputs": {"classification": "a"}},
        {"outputs": None},
        {"quantization": "int4"},
        {"borders": "int16"},
        {"quantization": "none", "borders": "int8"},
        {"decoded": 1},
        {"decoded": True},
    ],
    ids=str,
)
def test_a_value_that_cannot_run_is_refused(change):
    with pytest.raises(ValueError, match=r"."):
        Metadata.from_json(changed(**change))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "{", b"\xff\xfe\xfa"])
def test_text_that_is_no_record_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Metadata.from_json(text)


def test_a_missing_key_is_named():
    record = json.loads(RECORD.to_json())
    del record["anchors"]
    with pytest.raises(ValueError, match="lacks anchors"):
        Metadata.from_json(json.dumps(record))


def test_a_record_of_format_1_needs_no_later_fields():
    record = json.loads(changed(format=1))
    del record["borders"], record["decoded"]
    old = Metadata.from_json(json.dumps(record))
    assert (old.borders, old.decoded, old.output_type) == ("int8", False, "int8")
    with pytest.raises(ValueError, match="lacks borders, decoded"):
        Metadata.from_json(json.dumps(record | {"format": 2}))


def test_borders_follow_the_quantization_unless_given():
    assert replace(RECORD, quantization="none", borders=None).borders == "float32"
    assert replace(RECORD, borders="float32").output_type == "float32"
    decoded = replace(RECORD, decoded=True, outputs=dict.fromkeys(("boxes", "landmarks", "score"), "a"))
    assert (decoded.borders, decoded.output_type) == ("int8", "float32")
    assert Metadata.from_json(decoded.to_json()) == decoded


def test_a_file_without_a_record_says_what_to_do(lamp_plain):
    with pytest.raises(UserError, match="plain.tflite is a TFLite file without an ffkeras record; convert .*"):
        read_metadata(lamp_plain, "plain.tflite")


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x00" * 100, b"\x00\x00\x00\x00TFL3", b"\xff" * 100])
def test_bytes_that_are_no_model_are_refused(data):
    with pytest.raises(UserError, match="not a TFLite file, or is truncated"):
        read_metadata(data, "some.tflite")


def test_every_truncation_is_refused(lamp_int8):
    data = lamp_int8.read_bytes()
    for length in range(len(data)):
        assert read_or_refuse(data[:length]) is None, f"{length} of {len(data)} bytes"


def test_every_flipped_bit_is_noticed(lamp_int8):
    data = bytearray(lamp_int8.read_bytes())
    for position in range(len(data)):
        data[position] ^= 1 << position % 8
        assert read_or_refuse(bytes(data)) is None, f"byte {position}"
        data[position] ^= 1 << position % 8


def test_damaged_weights_are_one_sentence(lamp_int8):
    data = bytearray(lamp_int8.read_bytes())
    buffers = [entry.data for entry in schema.ModelT.InitFromPackedBuf(data).buffers if entry.data is not None]
    weights = next(buffer for buffer in buffers if set(buffer.view(np.int8).tolist()) == {-127, 127})
    data[data.index(weights.tobytes())] ^= 0x40
    with pytest.raises(UserError, match="some.tflite is damaged: .*checksum.*; copy or convert it again."):
        read_metadata(bytes(data), "some.tflite")


@fuzz
@given(st.binary(max_size=400))
def test_random_bytes_never_crash(tail):
    read_or_refuse(b"\x08\x00\x00\x00TFL3" + tail)


@fuzz
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 255)), min_size=1, max_size=30))
def test_flipped_bytes_never_crash(lamp_int8, changes):
    data = bytearray(lamp_int8.read_bytes())
    for position, value in changes:
        data[8 + position % (len(data) - 8)] = value
    read_or_refuse(bytes(data))


def test_the_record_is_read_from_the_file(lamp_int8):
    record = read_metadata(lamp_int8.read_bytes(), "lamp")
    assert (record.network, record.image_size, record.quantization) == ("nano_b", (96, 128), "int8")


def test_an_image_size_follows_the_anchors():
    with pytest.raises(ValueError, match="no multiple of 32"):
        replace(RECORD, image_size=(640, 648))
