import json
import random
import re

import jvm
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from ffkeras.errors import UserError
from ffkeras.runtime import read_metadata
from ffkeras.tflite_file.pack import pack_model
from tests import forged

pytestmark = pytest.mark.device

MODEL = jvm.MODELS / "nano_b_micro_160_int8.tflite"
NAME = "some.tflite"
PYTHONS_OWN = re.compile(r"\((?:a value of the wrong kind: .*|'utf-8' codec .*|it is not UTF-8)\); ")


def python_says(data):
    try:
        read_metadata(data, NAME)
        return None
    except UserError as error:
        return str(error)


def java_says(driver, path, **changes):
    return driver.ask("record", model=path, name=NAME, **changes).get("error")


def without_pythons_own(sentence):
    """Without a reason that is in the words of Python's types and codecs."""
    return sentence and PYTHONS_OWN.sub("(); ", sentence)


def write_record(path, text):
    """The model with any text as its record."""
    tree = schema.ModelT.InitFromPackedBuf(MODEL.read_bytes())
    (entry,) = (entry for entry in tree.metadata if entry.name == b"ffkeras")
    tree.buffers[entry.buffer].data = np.frombuffer(text, np.uint8)
    path.write_bytes(pack_model(tree))
    return path


def record_values():
    data = MODEL.read_bytes()
    return json.loads(read_metadata(data, NAME).to_json())


@pytest.mark.parametrize("path", sorted(jvm.MODELS.glob("*.tflite")), ids=lambda path: path.stem)
def test_released_files_have_the_record_that_python_reads(driver, path):
    record = read_metadata(path.read_bytes(), path.name)
    assert driver.ask("record", model=path, name=path.name) == {
        "network": record.network,
        "height": record.image_size[0],
        "width": record.image_size[1],
        "anchor_count": record.anchor_count,
        "decoded": record.decoded,
        "borders": record.borders,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"format": 3},
        {"format": None},
        {"network": "yolo"},
        {"network": None},
        {"image_size": [640]},
        {"image_size": [640, 650]},
        {"image_size": [640, 640.0]},
        {"image_size": 640},
        {"mean": [128, 128]},
        {"mean": [128, 300.5, 1e-7]},
        {"mean": [128, 128, "it's"]},
        {"anchors": {"sizes": [[16], [32]], "strides": [8]}},
        {"anchors": {"sizes": [[16], [32, 64]], "strides": [8, 16]}},
        {"anchors": {"sizes": [[-16]], "strides": [8]}},
        {"anchors": {"sizes": [[16, 1e400]], "strides": [8]}},
        {"anchors": {"sizes": [16], "strides": [8]}},
        {"anchors": {"sizes": [[16]], "strides": [0]}},
        {"anchors": {"sizes": [[16]], "strides": [8.5]}},
        {"anchors": {"sizes": [], "strides": []}},
        {"anchors": {"sizes": [[16]]}},
        {"anchors": None},
        {"channel_order": "RGB"},
        {"variances": [0.1, 0.3]},
        {"score_threshold": 1.5},
        {"score_threshold": True},
        {"iou_threshold": None},
        {"outputs": {"classification": "a"}},
        {"outputs": {"classification": "a", "bbox_regression": 'a "b"', "landmarks": [None, False, 1e22]}},
        {"outputs": None},
        {"quantization": "int4"},
        {"borders": "int16"},
        {"borders": None},
        {"quantization": "none", "borders": "int8"},
        {"decoded": 1},
        {"decoded": True},
    ],
    ids=str,
)
def test_a_record_that_cannot_be_used_gets_pythons_sentence(driver, tmp_path, change):
    path = write_record(tmp_path / "model.tflite", json.dumps(record_values() | change).encode())
    expected = python_says(path.read_bytes())
    assert expected
    assert without_pythons_own(java_says(driver, path)) == without_pythons_own(expected)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "[1, 2", '{"a" 1}', '{"a": 1,}', "[1,]", "nul", "1 2", '"abc', '"a\nb"', r'"\x"', r'"\u12g4"',
        "[01]", "-", "{1: 2}", "[]", "null", '"x"', "1.5", "12", "true", "{}", '{"format": 2}', '{"format": 1}', "\xff",
    ],
)  # fmt: skip
def test_a_text_that_is_no_record_gets_pythons_sentence(driver, tmp_path, text):
    path = write_record(tmp_path / "model.tflite", text.encode("latin-1"))
    assert without_pythons_own(java_says(driver, path)) == without_pythons_own(python_says(path.read_bytes()))


@pytest.mark.parametrize(
    "value",
    [0, -7, 10**30, 0.1, 1e16, 1.5e-5, 123456.789, 1e22, -0.0, True, None, "plain", "it's", 'say "it\'s"', "tab\t\\",
     [1, [2.5, "x"]], {"a": {"b": []}}, 5e-324, 1.7976931348623157e308, "é€"],
    ids=str,
)  # fmt: skip
def test_a_value_is_written_as_python_writes_it(driver, value):
    assert driver.ask("parse", text=json.dumps(value)) == {"python": repr(value)}


def test_every_kind_of_damage_gets_pythons_sentence(driver):
    data, dice = MODEL.read_bytes(), random.Random(5)
    place = data.index(b'"ffkeras_version"')
    seen = set()
    for turn in range(400):
        length = dice.randrange(len(data)) if turn % 4 == 0 else len(data)
        near = (8, len(data)) if turn % 4 == 1 else (8, 400) if turn % 4 == 2 else (place - 400, place + 400)
        changes = [[dice.randrange(*near), dice.randrange(256)] for _ in range(dice.randrange(1, 8))]
        damaged = bytearray(data)
        for position, value in changes:
            damaged[position] = value
        expected = python_says(bytes(damaged[:length]))
        given = java_says(driver, MODEL, length=length, changes=changes)
        assert without_pythons_own(given) == without_pythons_own(expected), (length, changes)
        seen.add(expected and re.sub(r"\(.*\)|\d+", "", expected))
    assert len(seen) >= 4  # not a file, no record, an unusable one, a damaged file


def test_a_missing_record_and_a_missing_checksum_get_pythons_sentence(driver, tmp_path):
    tree = schema.ModelT.InitFromPackedBuf(MODEL.read_bytes())
    tree.metadata = None
    plain = tmp_path / "plain.tflite"
    plain.write_bytes(pack_model(tree))
    unsummed = write_record(tmp_path / "unsummed.tflite", json.dumps(record_values()).encode())
    for path, words in ((plain, "without an ffkeras record"), (unsummed, "without its checksum")):
        assert words in python_says(path.read_bytes())
        assert java_says(driver, path) == python_says(path.read_bytes())


def test_a_record_of_an_older_format_is_read(driver, tmp_path):
    values = record_values() | {"format": 1}
    del values["borders"], values["decoded"]
    path = write_record(tmp_path / "model.tflite", json.dumps(values).encode())
    assert python_says(path.read_bytes()) is None
    assert driver.ask("record", model=path, name=NAME)["borders"] == "int8"


def test_a_number_that_json_lacks_is_refused(driver):
    for word in ("NaN", "Infinity", "-Infinity"):
        assert driver.ask("parse", text=f"[{word}]") == {"error": f"{word} is no JSON"}


def test_forged_and_odd_files_are_refused_and_taken_as_by_python(driver, tmp_path):
    path = tmp_path / "model.tflite"
    for kind, model in (*forged.forged_files(), *forged.sound_files(), *forged.random_records(1, 300)):
        path.write_bytes(model)
        expected, given = forged.refusal(model, NAME), java_says(driver, path)
        assert (given is None) == (expected is None), (kind, given, expected)
        assert given is None or ("\n" not in given and len(given) < 500), kind
        if expected and "cannot be used" not in expected:  # those have values in the words of each language
            assert given == expected, kind
