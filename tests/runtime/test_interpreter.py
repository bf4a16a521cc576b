import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import Interpreter, read_metadata
from ffkeras.runtime.interpreter import RUNTIME_VARIABLE, RUNTIMES
from ffkeras.tflite_file.record import write_metadata

ROOT = Path(__file__).parents[2]
RUN = """
import sys
import numpy as np
from ffkeras.runtime import Interpreter
interpreter = Interpreter(sys.argv[1])
outputs = interpreter.run(np.load(sys.argv[2]))
np.savez(sys.argv[3], runtime=type(interpreter._interpreter).__module__, **outputs)
"""


def test_int8_and_float_files_agree(lamp_int8, lamp_float, lamp_image):
    quantised, exact = Interpreter(lamp_int8).run(lamp_image), Interpreter(lamp_float).run(lamp_image)
    for name, width in (("classification", 2), ("bbox_regression", 4), ("landmarks", 10)):
        assert quantised[name].shape == exact[name].shape == (12 * 16, width)
        assert quantised[name].dtype == exact[name].dtype == np.float32
        np.testing.assert_allclose(quantised[name], exact[name], atol=0.02)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_runtime_reads_the_file_alike(runtime, lamp_int8, lamp_image, tmp_path):
    if importlib.util.find_spec(RUNTIMES[runtime].split(".")[0]) is None:
        pytest.skip(f"{runtime} is not installed; it has no wheel for this Python")
    np.save(tmp_path / "canvas.npy", lamp_image)
    arguments = [str(lamp_int8), str(tmp_path / "canvas.npy"), str(tmp_path / "outputs.npz")]
    environment = os.environ | {RUNTIME_VARIABLE: runtime, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", RUN, *arguments], env=environment, check=True, capture_output=True)
    outputs = np.load(tmp_path / "outputs.npz")
    assert str(outputs["runtime"]) == RUNTIMES[runtime]
    for name, expected in Interpreter(lamp_int8).run(lamp_image).items():
        np.testing.assert_allclose(outputs[name], expected, atol=0.02)


def test_the_sign_bit_road_equals_the_general_formula(lamp_int8):
    interpreter = Interpreter(lamp_int8)
    canvas = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    assert interpreter._input["quantization"] == (1.0, 0)
    fast = interpreter._to_input(canvas)
    interpreter._input = interpreter._input | {"quantization": (0.5, -3)}
    general = interpreter._to_input(canvas)
    assert np.array_equal(fast, canvas.astype(int) - 128)
    assert np.array_equal(general, np.clip((canvas.astype(int) - 128) * 2 - 3, -128, 127))


def test_what_an_interpreter_complains_of_at_length_stays_one_sentence(lamp_int8):
    class Verbose:
        def __init__(self, **_):
            raise RuntimeError("unsupported datatype\nof a tensor " * 100)

    with pytest.raises(UserError) as raised:
        Interpreter(lamp_int8, interpreter_class=Verbose)
    sentence = str(raised.value)
    assert sentence.startswith(f"{lamp_int8} cannot be loaded (unsupported datatype of a tensor unsupported")
    assert sentence.endswith("...); copy or convert it again.") and len(sentence) < len(str(lamp_int8)) + 300


def test_a_canvas_of_another_size_is_refused(lamp_int8):
    with pytest.raises(ValueError, match="canvas"):
        Interpreter(lamp_int8).run(np.zeros((128, 96, 3), np.uint8))


def test_bytes_serve_as_well_as_a_path(lamp_int8, lamp_image):
    outputs = Interpreter(lamp_int8.read_bytes()).run(lamp_image)
    assert np.array_equal(outputs["landmarks"], Interpreter(str(lamp_int8)).run(lamp_image)["landmarks"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"image_size": (128, 96)}, r"its inputs are \[\[1, 96, 128, 3\]\] where the record says \[1, 128, 96, 3\]"),
        ({"quantization": "none", "borders": None}, "its input is int8 where the record says float32"),
        (
            {"outputs": {"classification": "x", "bbox_regression": "y", "landmarks": "z"}},
            "it has 0 outputs by the name of the record's classification",
        ),
    ],
)
def test_a_graph_unlike_its_record_is_refused(change, sentence, lamp_int8):
    data = lamp_int8.read_bytes()
    with pytest.raises(UserError, match=sentence):
        Interpreter(write_metadata(data, replace(read_metadata(data, "lamp"), **change)))


def test_swapped_outputs_are_refused(lamp_int8):
    data = lamp_int8.read_bytes()
    record = read_metadata(data, "lamp")
    names = record.outputs | {"landmarks": record.outputs["bbox_regression"]}
    with pytest.raises(UserError, match=r"its landmarks is \[1, 192, 4\] where the record says \[1, 192, 10\]"):
        Interpreter(write_metadata(data, replace(record, outputs=names)))


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot read .*none.tflite"):
        Interpreter(tmp_path / "none.tflite")


def test_a_truncated_file_is_one_sentence(lamp_int8, tmp_path):
    path = tmp_path / "cut.tflite"
    path.write_bytes(lamp_int8.read_bytes()[:2000])
    with pytest.raises(UserError, match="cut.tflite is not a TFLite file, or is truncated"):
        Interpreter(path)


def test_an_unknown_runtime_is_one_sentence(lamp_int8, monkeypatch):
    monkeypatch.setenv(RUNTIME_VARIABLE, "onnx")
    with pytest.raises(UserError, match="FFKERAS_RUNTIME=onnx is none of litert, tflite_runtime, tensorflow"):
        Interpreter(lamp_int8)


def test_no_threads_are_refused(lamp_int8):
    with pytest.raises(UserError, match="0 threads"):
        Interpreter(lamp_int8, num_threads=0)
