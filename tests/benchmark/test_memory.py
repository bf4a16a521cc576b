from pathlib import Path

import pytest

from ffkeras.benchmark import memory
from ffkeras.errors import UserError

pytestmark = pytest.mark.skipif(not memory.STATUS.exists(), reason="the system does not tell what a process holds")


def test_a_relative_path_is_found_from_any_folder(lamp_int8, monkeypatch):
    monkeypatch.chdir(lamp_int8.parent)
    assert 0 < memory.peak_memory(Path(lamp_int8.name)) < 64 << 20


def test_a_file_that_does_not_come_to_an_end_is_named(lamp_int8, monkeypatch):
    monkeypatch.setattr(memory, "TIMEOUT", 0.01)
    with pytest.raises(UserError, match=r"lamp_int8\.tflite did not run once in 0\.01 s"):
        memory.peak_memory(lamp_int8)
