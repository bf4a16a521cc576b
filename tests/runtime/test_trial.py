import os
import sys

import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import trial
from tests import forged

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stands in for Python by a shell script")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Puts a shell script in the place of the process that tries models."""

    def put(script):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(trial.sys, "executable", str(path))
        trial.try_bytes.cache_clear()

    return put


def test_a_released_file_is_trusted_and_a_copy_of_it_is_tried(tmp_path):
    assert trial.try_model("nano_b_micro_160") is None
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(forged.MODEL.read_bytes())
    shapes = trial.try_model(copy)
    assert (1, 160, 160, 3) in shapes.values() and len(shapes) > 500


def test_a_refusal_of_the_interpreter_comes_through(tmp_path):
    file = tmp_path / "few.tflite"
    file.write_bytes(forged.small_model())  # has no operations that make what its last ones take
    try:
        assert trial.try_model(file)
    except UserError as error:
        assert str(error).startswith(f"{file} ")
    file.write_bytes(b"no model")
    with pytest.raises(UserError, match="few.tflite is not a TFLite file"):
        trial.try_model(file)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("kill -SEGV $$", r"takes the interpreter down \(SIGSEGV\) though its checksum is right"),
        ("exit 3", r"takes the interpreter down \(exit code 3\)"),
        ("exit 0", r"takes the interpreter down \(exit code 0\)"),
    ],
)
def test_a_process_that_does_not_live_through_it_is_told(stand_in, script, words):
    stand_in(script)
    with pytest.raises(UserError, match=f"^some.tflite {words}.*take models from whom you trust.$"):
        trial.try_bytes(b"x", "some.tflite")


def test_a_graph_without_end_is_told(stand_in, monkeypatch):
    monkeypatch.setattr(trial, "PATIENCE", 0.5)
    stand_in("exec sleep 60")
    with pytest.raises(UserError, match=r"some.tflite takes longer than"):
        trial.try_bytes(b"x", "some.tflite")


def test_the_name_of_a_file_may_be_anything(stand_in):
    stand_in("exit 1")
    name = os.fsdecode(b"\xff.tflite")
    with pytest.raises(UserError):
        trial.try_bytes(b"x", name)
