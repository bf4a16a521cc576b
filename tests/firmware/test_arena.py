import importlib.util

import pytest

from ffkeras.errors import UserError
from ffkeras.firmware import recommended_arena, smallest_arena

if importlib.util.find_spec("tflite_micro") is None:
    pytest.skip("tflite-micro is not installed (it exists for Linux on x86-64)", allow_module_level=True)


def allocates(model: bytes, arena_size: int) -> bool:
    from tflite_micro.python.tflite_micro.runtime import Interpreter

    try:
        Interpreter.from_bytes(model, arena_size=arena_size)
    except RuntimeError:
        return False
    return True


def test_the_smallest_arena_is_enough_and_one_step_less_is_not(lamp_int8):
    model = lamp_int8.read_bytes()
    smallest = smallest_arena(model)
    assert smallest % 16 == 0
    assert allocates(model, smallest)
    assert not allocates(model, smallest - 16)


def test_the_recommended_arena_is_whole_kib_above_the_smallest():
    assert recommended_arena(16 << 10) == 17 << 10
    assert recommended_arena((16 << 10) + 16) == 18 << 10


def test_what_tflite_micro_cannot_read_is_one_sentence():
    with pytest.raises(UserError, match="TFLite Micro cannot run torn.tflite: .*; convert"):
        smallest_arena(b"\x00\x00\x00\x00TFL3" + bytes(64), "torn.tflite")


def test_without_tflite_micro_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="pip install tflite-micro"):
        smallest_arena(b"")
